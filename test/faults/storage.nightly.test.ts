/** A disk that is full, and one that fails to write: nothing that was acknowledged is lost, and nobody has to repair anything. */
import { setTimeout as sleep } from 'node:timers/promises';
import { expect, onTestFinished, test } from 'vitest';
import { startFailingIo } from '../../lab/faults/failing-io.ts';
import { openSmallDisk } from '../../lab/faults/full-disk.ts';
import { listFamily, listProcessesOf } from '../../lab/faults/processes.ts';
import { isRoot } from '../../lab/system-user.ts';
import { CallFailed, call } from './api.ts';
import type { Stage } from './stage.ts';
import { openStage } from './stage.ts';

const DISK_BYTES = 160 * 1024 * 1024;
const FAULT_MS = 3000;
const MAX_RECOVERY_MS = 60_000;

const postmasterOf = (dataDir: string): number =>
  listProcessesOf(dataDir).find(({ argv }) => argv[0]?.endsWith('/postgres') && argv.includes('-D'))?.pid ?? -1;

/** 0 when nobody answers. */
const statusOf = async (answer: Promise<unknown>): Promise<number> => {
  try {
    await answer;
    return 200;
  } catch (error) {
    if (error instanceof CallFailed) return error.status;
    throw error;
  }
};
const tryToAct = ({ url, nodeId }: Stage, token: string) =>
  statusOf(call(url, `/api/nodes/${nodeId}`, { method: 'PATCH', token, body: { name: 'never' } }));
const tryToLook = ({ url }: Stage, token: string) => statusOf(call(url, '/auth/me', { token }));

test.runIf(isRoot())(
  'DB-5 on a full disk writing is refused and the core lives; with room it goes on by itself',
  { timeout: 240_000 },
  async () => {
    const disk = await openSmallDisk(DISK_BYTES);
    const stage = await openStage({ dataDir: { path: `${disk.path}/data`, remove: async () => undefined } });
    onTestFinished(() => stage.close().finally(disk.close));
    const token = await stage.token();
    const statuses: number[] = [];
    const { recoveryMs } = await stage.underLoad(500, async () => {
      await disk.fill();
      const untilMs = performance.now() + FAULT_MS;
      while (performance.now() < untilMs) {
        await disk.fill();
        await sleep(100);
      }
      statuses.push(await tryToAct(stage, token), await tryToLook(stage, token));
      await disk.free();
    });
    console.info(`full disk: act and look answered ${statuses.join(', ')}; recovered in ${Math.round(recoveryMs)} ms`);
    expect(statuses).toEqual([503, 200]);
    expect(recoveryMs).toBeLessThan(MAX_RECOVERY_MS);
    expect(stage.box().process.exitCode).toBeNull();
    expect(await stage.inspect()).toEqual([]);
  },
);

test.each(['EIO', 'ENOSPC'] as const)(
  'DB-6 what cannot be brought to the disk (%s) is not acknowledged',
  { timeout: 240_000 },
  async (error) => {
    const stage = await openStage();
    onTestFinished(() => stage.close());
    const { recoveryMs } = await stage.underLoad(500, async () => {
      const { failures } = stage.ledger;
      const servers = listFamily(postmasterOf(stage.dataDir)).map(({ pid }) => pid);
      const fault = await startFailingIo(servers.reverse(), { calls: ['fsync', 'fdatasync'], error });
      await sleep(FAULT_MS);
      await fault.stop();
      expect(stage.ledger.failures).toBeGreaterThan(failures);
    });
    console.info(`${error} on fsync: recovered in ${Math.round(recoveryMs)} ms`);
    expect(recoveryMs).toBeLessThan(MAX_RECOVERY_MS);
    expect(await stage.inspect()).toEqual([]);
  },
);
