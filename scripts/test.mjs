// @ts-check
// `npm test`: installs the dependencies, then becomes the suite on the pinned Node.
import { passesGate } from './lib/gate.mjs';

if (passesGate(process.versions.node, process.exit))
  void import('./lib/run-script.mjs').then(({ runScript }) =>
    runScript(['scripts/suite.ts', ...process.argv.slice(2)]),
  );
