import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';
import { openTempDir } from '../../lab/temp-dir.ts';

const HANDOVER = fileURLToPath(new URL('./handover.mjs', import.meta.url));

// Counts the signals it gets and, half a second after the first, ends with 40 + their number.
const TARGET = `
let count: number = 0;
process.on('SIGTERM', () => { count += 1; setTimeout(() => process.exit(40 + count), 500); });
console.log(\`ready \${process.pid} \${process.argv[2]}\`);
setInterval(() => undefined, 1000);
`;

const handOver = async (prelude: string) => {
  const dir = await openTempDir('handover');
  try {
    const target = join(dir.path, 'target.ts');
    await writeFile(target, TARGET);
    const code = `${prelude}const { handOver } = await import(${JSON.stringify(HANDOVER)}); handOver([${JSON.stringify(target)}, 'word']);`;
    const launcher = spawn(process.execPath, ['--input-type=module', '-e', code], {
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    const [line] = (await once(launcher.stdout, 'data')) as [Buffer];
    const [, pid, word] = line.toString().trim().split(' ');
    launcher.kill('SIGTERM');
    launcher.kill('SIGTERM');
    const [exitCode] = (await once(launcher, 'exit')) as [number | null];
    return { isSameProcess: Number(pid) === launcher.pid, word, exitCode };
  } finally {
    await dir.remove();
  }
};

test('on a Node that can, the script takes the place of the launcher', async () => {
  expect(await handOver('')).toMatchObject({ isSameProcess: true, word: 'word' });
});

test('on an older Node a child runs, gets each signal once, and gives its exit code', async () => {
  const older = 'process.execve = undefined; ';
  expect(await handOver(older)).toEqual({ isSameProcess: false, word: 'word', exitCode: 41 });
});
