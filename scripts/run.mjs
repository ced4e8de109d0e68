// @ts-check
// `node scripts/run.mjs <script.ts> …`: runs a TypeScript script on the pinned Node, whichever Node was called.
import { passesGate } from './lib/gate.mjs';

if (passesGate(process.versions.node, process.exit))
  void import('./lib/run-script.mjs').then(({ runScript }) => runScript(process.argv.slice(2)));
