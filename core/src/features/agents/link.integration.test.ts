/** What every link promises, over a real agent's WebSocket; and what an owner's policy refuses. */
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { collectOutput } from '../../lib/link/collect-output.ts';
import { linkConformance } from '../../lib/link/link-conformance.ts';
import type { Installation } from './testing.ts';
import { openInstallation } from './testing.ts';

describe('a link to an agent', () => {
  let installation: Installation;
  beforeAll(async () => {
    installation = await openInstallation();
    installation.startLocal();
  });
  afterAll(() => installation.close());

  const open = async () => {
    const nodeId = await installation.untilLinked();
    const link = installation.links.get(nodeId);
    // The agent connects again by itself: each test finds a link.
    return { link, cut: () => link.close('cut by the test') };
  };
  linkConformance(open, { endsCommands: true });
});

describe('policy', () => {
  let installation: Installation;
  beforeEach(async () => {
    installation = await openInstallation();
  });
  afterEach(() => installation.close());

  /** Enrols, then restricts the agent as its owner would, and starts it again. */
  const restrict = async (services: string[]) => {
    const first = installation.startLocal();
    await installation.untilLinked();
    await first.stop();
    await expect.poll(() => installation.links.list()).toEqual([]);
    const path = join(installation.programOf('agent').stateDir, 'agent.json');
    await writeFile(path, JSON.stringify({ ...JSON.parse(await readFile(path, 'utf8')), services }));
    installation.startLocal();
    return installation.links.get(await installation.untilLinked());
  };

  test('an agent that only measures refuses commands, shells and sockets by name', async () => {
    const link = await restrict(['metrics']);
    expect(link.services).toEqual(['metrics']);
    await expect(link.exec(['true'], { timeoutMs: 5000 })).rejects.toMatchObject({
      code: 'refused_by_policy',
      message: `The node's own policy does not permit the service "exec".`,
    });
    await expect(link.shell({ cols: 80, rows: 24, term: 'xterm' })).rejects.toMatchObject({
      code: 'refused_by_policy',
    });
    await expect(link.dialUnix('/var/run/docker.sock')).rejects.toMatchObject({ code: 'refused_by_policy' });
    expect(link.closed.aborted).toBe(false);
  });

  test('an agent without metrics is linked all the same', async () => {
    const link = await restrict(['exec']);
    expect(link.services).not.toContain('metrics');
    const { stdout } = await collectOutput(await link.exec(['echo', 'ok'], { timeoutMs: 5000 }), { maxBytes: 100 });
    expect(stdout).toBe('ok\n');
    await expect(link.subsystem('metrics')).rejects.toMatchObject({ code: 'refused_by_policy' });
  });

  test('no socket but the one of Docker can be reached', async () => {
    const link = await restrict(['docker:write']);
    await expect(link.dialUnix('/run/systemd/private')).rejects.toMatchObject({ code: expect.any(String) });
    expect(link.closed.aborted).toBe(false);
  });
});
