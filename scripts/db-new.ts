/** `npm run db:new <name>`: writes the migration between the last one and the schema as it is now, to be reviewed. */
import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { pinnedNode, root } from './lib/platform.mjs';

const name = process.argv[2];
if (name === undefined || !/^[a-z0-9]+(-[a-z0-9]+)*$/.test(name)) {
  console.error('usage: npm run db:new <name-in-kebab-case>');
  process.exitCode = 2;
} else {
  const drizzleKit = join(root, 'node_modules', 'drizzle-kit', 'bin.cjs');
  const { status } = spawnSync(pinnedNode(), [drizzleKit, 'generate', '--name', name.replaceAll('-', '_')], {
    cwd: join(root, 'core'),
    stdio: 'inherit',
  });
  process.exitCode = status ?? 1;
}
