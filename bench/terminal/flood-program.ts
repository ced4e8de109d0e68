/** Lets another terminal of the same server flood, in a process of its own. argv: kind, then what its `open…` takes; last the file. */
import { serve } from '../lib/serve.ts';
import type { Terminal } from './terminals.ts';
import { openOurs, openSsh, settle } from './terminals.ts';

const [kind, ...args] = process.argv.slice(2);
const file = args.pop() ?? '';
const [url = '', token = ''] = args;
const terminal: Terminal = kind === 'ssh' ? await openSsh(args) : await openOurs(url, token);
await settle(terminal);
let bytes = 0;
terminal.onBytes((chunk) => {
  bytes += chunk.length;
});
terminal.write(`while :; do cat ${file}; done\r`);

serve({ bytes: () => bytes }, terminal.close);
