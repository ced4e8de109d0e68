/** The lanes that run against real daemons, which they start themselves and take away again. */
import { ensureDockerd } from '../../lab/docker.ts';
import { connectEngine } from '../../lab/engine.ts';
import { ensureImage } from '../../lab/image.ts';
import { startPostgres } from '../../lab/postgres.ts';
import type { ProgramName } from '../../lab/programs.ts';
import { startRedis } from '../../lab/redis.ts';
import { isRoot } from '../../lab/system-user.ts';
import type { Lane, LaneContext, LaneResult } from './lane.ts';
import { runVitest } from './vitest-lane.ts';

// Without root no engine can be started, and the one that runs here is used.
export const DOCKER: readonly ProgramName[] = [
  'busybox',
  'tar',
  ...(isRoot() ? (['dockerd', 'iptables', 'ip'] as const) : []),
];
export const INTEGRATION: readonly ProgramName[] = [
  ...DOCKER,
  'sshd',
  'dropbear',
  'dropbearkey',
  ...(isRoot() ? (['debootstrap'] as const) : []),
  'unshare',
  'ssh-keygen',
  'tmux',
  'redis-server',
  'postgres',
  'setpriv',
  'strace',
  'faketime',
  'nginx',
  'openssl',
  'jq',
  'curl',
];

/** Gives a lane an engine with the lab's image, its own where none runs. */
export const withDocker = async (context: LaneContext, work: (context: LaneContext) => Promise<LaneResult>) => {
  const docker = await ensureDockerd();
  try {
    await ensureImage(connectEngine(docker.socketPath));
    return await work({ ...context, env: { ...context.env, SERVERBOX_TEST_DOCKER_SOCKET: docker.socketPath } });
  } finally {
    await docker.stop();
  }
};

const withServers = async (context: LaneContext, work: (context: LaneContext) => Promise<LaneResult>) => {
  const postgres = await startPostgres();
  try {
    const redis = await startRedis();
    try {
      const servers = { SERVERBOX_TEST_DATABASE_URL: postgres.url, SERVERBOX_TEST_REDIS_URL: redis.url };
      return await work({ ...context, env: { ...context.env, ...servers } });
    } finally {
      await redis.stop();
    }
  } finally {
    await postgres.stop();
  }
};

export const DAEMON_LANES: readonly Lane[] = [
  {
    name: 'embedded',
    group: 'integration',
    needs: INTEGRATION,
    run: (context) => withDocker(context, (inner) => runVitest('integration', inner)),
  },
  {
    name: 'server',
    group: 'integration',
    needs: INTEGRATION,
    run: (context) => withDocker(context, (inner) => withServers(inner, (ready) => runVitest('integration', ready))),
  },
  {
    name: 'e2e',
    group: 'e2e',
    needs: [...DOCKER, 'chromium'],
    run: (context) => withDocker(context, (inner) => runVitest('e2e', inner)),
  },
];
