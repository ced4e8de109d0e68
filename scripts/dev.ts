/**
 * `npm run dev`: the core, restarted on every change, and the dashboard's development server, which passes API calls on
 * to it. Both share this terminal; when one ends, so does the other.
 */
import type { ChildProcess } from 'node:child_process';
import { spawn } from 'node:child_process';
import { join } from 'node:path';
import { ensureAgentStep } from './lib/agent.mjs';
import { pinnedNode, root } from './lib/platform.mjs';
import { step } from './lib/steps.mjs';

const DEFAULT_PORT = '3000';

const start = (args: readonly string[], options: { cwd: string; env?: NodeJS.ProcessEnv }): ChildProcess =>
  spawn(pinnedNode(), args, { env: process.env, stdio: 'inherit', ...options });

await step('agent', ensureAgentStep);

const corePort = process.env.PORT ?? DEFAULT_PORT;
const children = [
  // The core reads .env and keeps its data relative to the checkout, as `npm start` does.
  start(['--disable-warning=ExperimentalWarning', '--watch', '--watch-preserve-output', 'core/src/main.ts'], {
    cwd: root,
  }),
  start([join(root, 'node_modules', 'vite', 'bin', 'vite.js')], {
    cwd: join(root, 'dashboard'),
    env: { ...process.env, SERVERBOX_CORE_PORT: corePort },
  }),
];

// The terminal sends Ctrl-C to the children itself; everything else has to be passed on.
process.on('SIGINT', () => undefined);
for (const signal of ['SIGTERM', 'SIGHUP'] as const)
  process.on(signal, () => {
    for (const child of children) child.kill(signal);
  });
for (const child of children)
  child.once('exit', (code) => {
    process.exitCode ??= code ?? 1;
    for (const other of children) other.kill('SIGTERM');
  });
