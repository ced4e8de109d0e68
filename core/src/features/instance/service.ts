/** This installation: whether it is set up, and the one-time code that proves that its operator is asking. */
import { createHash, randomInt, timingSafeEqual } from 'node:crypto';
import { eq } from 'drizzle-orm';
import type { Db } from '../../lib/db/orm.ts';
import { AppError } from '../../lib/errors.ts';
import { instance } from '../../schema/instance.ts';

/** Crockford's base 32 without look-alikes: read off a terminal, typed into a browser. */
const ALPHABET = '0123456789ABCDEFGHJKMNPQRSTVWXYZ';
const CODE_CHARS = 12; // 60 bits

/** Makes the row of a new installation, with the proof of its master key. Safe at every start and from several cores. */
export const ensureInstance = async (db: Db, keyCheck: Buffer): Promise<void> => {
  await db.insert(instance).values({ id: 1, keyCheck }).onConflictDoNothing();
};

export interface Instance {
  isSetupDone(): Promise<boolean>;
  /** Draws a new set-up code and forgets the one before. Shown once, on the terminal; only its hash is kept. */
  issueSetupCode(): Promise<string>;
  /**
   * Within the caller's transaction: locks the installation and marks it as set up. `code` undefined: the operator has
   * configured the administrator, which proves as much. @throws AppError `setup_done` | `invalid_setup_code`
   */
  completeSetup(tx: Db, code: string | undefined): Promise<void>;
}

const normalized = (code: string): string =>
  code
    .toUpperCase()
    .replaceAll(/[^0-9A-Z]/g, '')
    .replaceAll('O', '0')
    .replaceAll(/[IL]/g, '1');
const hashOf = (code: string): Buffer => createHash('sha256').update(normalized(code)).digest();

const drawCode = (): string => {
  const chars = Array.from({ length: CODE_CHARS }, () => ALPHABET.charAt(randomInt(ALPHABET.length)));
  return [chars.slice(0, 4), chars.slice(4, 8), chars.slice(8)].map((group) => group.join('')).join('-');
};

export const createInstance = (db: Db): Instance => ({
  isSetupDone: async () => {
    const [row] = await db.select({ doneAt: instance.setupDoneAt }).from(instance);
    return row?.doneAt != null;
  },
  issueSetupCode: async () => {
    const code = drawCode();
    await db
      .update(instance)
      .set({ setupCodeHash: hashOf(code) })
      .where(eq(instance.id, 1));
    return code;
  },
  completeSetup: async (tx, code) => {
    const [row] = await tx.select().from(instance).where(eq(instance.id, 1)).for('update');
    if (row === undefined || row.setupDoneAt !== null) {
      throw new AppError('setup_done', 'Server Box is already set up. Sign in with the administrator account.');
    }
    if (code !== undefined && (row.setupCodeHash === null || !timingSafeEqual(row.setupCodeHash, hashOf(code)))) {
      throw new AppError(
        'invalid_setup_code',
        'The set-up code is wrong. The current one was printed when Server Box started.',
      );
    }
    await tx.update(instance).set({ setupDoneAt: new Date(), setupCodeHash: null }).where(eq(instance.id, 1));
  },
});
