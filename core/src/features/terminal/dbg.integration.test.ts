import { setTimeout as delay } from 'node:timers/promises';
import { test } from 'vitest';
import { openInstallation } from '../agents/testing.ts';
test('dbg', { timeout: 100000 }, async () => {
  const inst = await openInstallation();
  inst.startLocal();
  const id = await inst.untilLinked();
  const link = inst.links.get(id);
  for (let i = 0; i < 15; i++) {
    const sh = await link.shell({ cols: 80, rows: 24, term: 'xterm' });
    let bytes = 0; let tail = '';
    sh.stream.on('data', (c: Buffer) => { bytes += c.length; tail = (tail + c.toString('latin1')).slice(-200); });
    sh.stream.write("trap 'echo inter-$((3*3))' INT; yes 0123456789\n");
    const t0 = performance.now();
    while (bytes < 4e6 && performance.now() - t0 < 5000) await delay(5);
    const t1 = performance.now();
    sh.stream.write('\x03');
    while (!tail.includes('inter-9') && performance.now() - t1 < 3000) await delay(5);
    console.log(i, bytes, Math.round(t1 - t0), Math.round(performance.now() - t1), JSON.stringify(tail.slice(-90)));
    sh.close();
  }
  await inst.close();
});
