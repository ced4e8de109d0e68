/**
 * A core in miniature, to be killed by tests: opens the embedded database of argv[2], says `open`, then inserts numbers and
 * prints each one that was acknowledged. Standard output is a pipe, which Node writes to synchronously: what was printed
 * was acknowledged, whatever kills the process.
 */
import { sql } from 'drizzle-orm';
import { messageOf } from '../errors.ts';
import { silentLog } from '../log.ts';
import { openDatabase } from './database.ts';
import { openEmbedded } from './embedded.ts';

const say = (text: string): void => {
  process.stdout.write(`${text}\n`);
};

try {
  const { connection } = await openEmbedded({ dataDir: process.argv[2] ?? '', log: silentLog });
  const { db } = await openDatabase({ source: { embedded: connection }, log: silentLog });
  say('open');
  for (let n = Number(process.argv[3] ?? Number.POSITIVE_INFINITY); Number.isFinite(n); n += 1) {
    await db.execute(sql`INSERT INTO tally (n) VALUES (${n})`);
    say(String(n));
  }
} catch (error) {
  say(messageOf(error));
  process.exitCode = 1;
}
