/** The connections of a pool and how long each of them stays. */
import type { Clock } from '../clock.ts';
import type { PoolMember } from './ssh-pool-member.ts';
import { createMember } from './ssh-pool-member.ts';
import type { SshSession } from './ssh-session.ts';

const EXTRA_IDLE_MS = 30_000;
const NOT_NEEDED = 'it is not needed any more';

export interface Stock {
  readonly all: ReadonlySet<PoolMember>;
  /** Those that are handed out. */
  usable(): PoolMember[];
  add(session: SshSession): void;
  /** Hands it out no more; it ends with its last channel. */
  retire(member: PoolMember): void;
}

/** @param on.free a channel has gone, and whether it was one for which the link was to stay; @param on.gone the connection has */
export const createStock = (
  options: { clock: Clock; extraIdleMs?: number },
  on: { free(wasNeeded: boolean): void; gone(member: PoolMember): void },
): Stock => {
  const all = new Set<PoolMember>();
  const idle = new Map<PoolMember, NodeJS.Timeout>();
  const usable = (): PoolMember[] => [...all].filter(({ isRetired }) => !isRetired);

  /** Ends what carries nothing: at once where it is retired, after a while where it is not the only one. */
  const watchIdle = (member: PoolMember): void => {
    clearTimeout(idle.get(member));
    if (member.live > 0 || !all.has(member)) return;
    if (member.isRetired) {
      member.session.end(NOT_NEEDED);
      return;
    }
    const end = () => {
      if (member.live === 0 && usable().length > 1) member.session.end(NOT_NEEDED);
    };
    idle.set(member, setTimeout(end, options.extraIdleMs ?? EXTRA_IDLE_MS).unref());
  };
  const forget = (member: PoolMember): void => {
    clearTimeout(idle.get(member));
    idle.delete(member);
    if (all.delete(member)) on.gone(member);
  };

  return {
    all,
    usable,
    add: (session) => {
      const member = createMember(session, options.clock, (wasNeeded) => {
        on.free(wasNeeded);
        watchIdle(member);
      });
      all.add(member);
      session.closed.addEventListener('abort', () => forget(member), { once: true });
      if (session.closed.aborted) forget(member);
      else watchIdle(member);
    },
    retire: (member) => {
      member.isRetired = true;
      watchIdle(member);
    },
  };
};
