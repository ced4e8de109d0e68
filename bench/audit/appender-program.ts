/** Appends events one group after the other and says which ones were acknowledged, until it is killed. argv: URL of a database. */
import { createAudit } from '../../core/src/features/audit/service.ts';
import { ensureAuditHead } from '../../core/src/features/audit/writer.ts';
import { systemClock } from '../../core/src/lib/clock.ts';
import { serve } from '../lib/serve.ts';
import { openStore } from '../lib/store.ts';
import { AUDIT_KEY, anIntent } from './trails.ts';

const CALLERS = 16;

const [url = ''] = process.argv.slice(2);
const { database, close } = await openStore(url);
await ensureAuditHead(database.db);
const audit = createAudit({ db: database.db, key: AUDIT_KEY, clock: systemClock });
const acknowledged: string[] = [];
let refused = 0;
let number = 0;
let isOver = false;

const appendForever = async (): Promise<void> => {
  while (!isOver) {
    number += 1;
    try {
      acknowledged.push(await audit.intend(anIntent(number)));
    } catch {
      // Refused: it need not be there. The server may be coming back.
      refused += 1;
      await new Promise((resolve) => setTimeout(resolve, 20));
    }
  }
};

serve(
  {
    start: () => {
      for (let caller = 0; caller < CALLERS; caller += 1) void appendForever();
    },
    /** Correlation ids of the events that the trail has taken. */
    acknowledged: () => acknowledged,
    refusedCount: () => refused,
  },
  async () => {
    isOver = true;
    await close();
  },
);
