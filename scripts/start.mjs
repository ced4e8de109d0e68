// @ts-check
// `npm start`: sets up whatever is missing, then becomes the core.
import { passesGate } from './lib/gate.mjs';

if (passesGate(process.versions.node, process.exit))
  void import('./lib/launch.mjs').then(({ launch }) => launch(process.argv.slice(2)));
