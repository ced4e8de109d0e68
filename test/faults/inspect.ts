/** Compares an installation with what its clients were told. Every check answers with sentences; none means that all is well. */
import { listProcessesOf } from '../../lab/faults/processes.ts';
import type { Tally } from '../../lab/faults/tally.ts';
import type { Session } from './api.ts';
import { CallFailed, call } from './api.ts';
import type { Ledger } from './load.ts';
import { preferencesText } from './load.ts';
import type { MetricAgent } from './metric-agent.ts';
import type { OwnerClient } from './store.ts';
import { withStore } from './store.ts';
import type { AuditRow } from './verify-chain.ts';
import { findBreak, listUnknownOutcomes, readAuditKey, readTrail } from './verify-chain.ts';

export type Installation = {
  url: string;
  dataDir: string;
  nodeId: string;
  /** Of a session that may read the audit trail. */
  token: string;
};

const SHOWN = 5;
const some = (what: string, items: readonly string[]): string[] =>
  items.length === 0 ? [] : [`${items.length} ${what}: ${items.slice(0, SHOWN).join(', ')}`];

const compareTally = (what: string, tally: Tally, found: Iterable<string>): string[] => {
  const { lost, invented, doubled } = tally.compare(found);
  return [
    ...some(`${what} lost`, lost),
    ...some(`${what} that nobody asked for`, invented),
    ...some(`${what} twice`, doubled),
  ];
};

const inspectRegisters = async (client: OwnerClient, nodeId: string, ledger: Ledger): Promise<string[]> => {
  const { rows: nodes } = await client.query<{ name: string }>('SELECT name FROM nodes WHERE id = $1', [nodeId]);
  const { rows: users } = await client.query<{ preferences: unknown }>('SELECT preferences FROM users');
  const name = nodes[0]?.name ?? 'no node';
  const preferences = preferencesText(users[0]?.preferences);
  return [
    ...(ledger.name.possible.includes(name) ? [] : [`the name ${name} is none of ${ledger.name.possible.join(', ')}`]),
    ...(ledger.preferences.possible.includes(preferences) ? [] : [`preferences went back to ${preferences}`]),
  ];
};

const inspectSessions = async (client: OwnerClient, { sessions, ended }: Ledger): Promise<string[]> => {
  const { rows } = await client.query<{ id: string; generation: number; isLive: boolean }>(
    'SELECT id, generation, revoked_at IS NULL AND expires_at > now() AS "isLive" FROM sessions',
  );
  const stored = new Map(rows.map((row) => [row.id, row]));
  const isLost = ({ id, generation }: Session) => {
    const row = stored.get(id);
    return row === undefined || !row.isLive || row.generation < generation;
  };
  const idOf = ({ id }: Session) => id;
  return [
    ...some('sessions lost', [...sessions.values()].filter(isLost).map(idOf)),
    ...some('ended sessions revived', [...ended.values()].filter(({ id }) => stored.get(id)?.isLive ?? true).map(idOf)),
  ];
};

/** How the ledger names an act, for those that it can tell apart. */
const nameAct = ({ action, sessionId, details }: AuditRow, intent: AuditRow | undefined): string[] => {
  switch (action) {
    case 'node.update':
      return [`${action} ${intent?.details.name}`];
    case 'auth.login':
      return [`${action} ${details.sessionId}`];
    case 'auth.logout':
      return [`${action} ${sessionId}`];
    default:
      return [];
  }
};

const inspectAudit = async (client: OwnerClient, dataDir: string, ledger: Ledger): Promise<string[]> => {
  const trail = await readTrail(client);
  const broken = findBreak(trail, readAuditKey(dataDir));
  const intents = new Map(trail.rows.filter((row) => row.phase === 'intent').map((row) => [row.correlationId, row]));
  const done = trail.rows.filter(({ outcome }) => outcome === 'ok');
  const orphans = trail.rows.filter((row) => row.phase === 'outcome' && !intents.has(row.correlationId));
  const acts = done.flatMap((row) => nameAct(row, intents.get(row.correlationId)));
  // A login or logout whose answer was lost is in the trail, and the client knows no name for it.
  const known = acts.filter((act) => act.startsWith('node.update') || ledger.acts.attempted.has(act));
  const preferences = done.filter(({ action }) => action === 'auth.set_preferences').length;
  const { acknowledged, attempted } = ledger.preferenceActs;
  return [
    ...(broken === undefined ? [] : [`audit trail breaks at ${broken}`]),
    ...some(
      'outcomes without intent',
      orphans.map(({ seq }) => String(seq)),
    ),
    ...compareTally('audited acts', ledger.acts, known),
    ...(preferences >= acknowledged && preferences <= attempted
      ? []
      : [`${preferences} changes of preferences audited`]),
  ];
};

/** What the program itself shows of the trail: an intent alone has to be there, as one without an outcome. */
const inspectUnknownOutcomes = async (client: OwnerClient, url: string, token: string): Promise<string[]> => {
  const unknown = listUnknownOutcomes((await readTrail(client)).rows);
  const missing: string[] = [];
  for (const { seq, correlationId } of unknown) {
    const page = (await call(url, `/api/audit?limit=1&cursor=${seq + 1}`, { token })) as { items: AuditRow[] };
    const shown = page.items[0];
    if (shown?.seq !== seq || shown.phase !== 'intent' || shown.correlationId !== correlationId)
      missing.push(String(seq));
  }
  return some('unknown outcomes not shown', missing);
};

const inspectSamples = async (client: OwnerClient, { nodeId, tally }: MetricAgent): Promise<string[]> => {
  const { rows: samples } = await client.query<{ at: string }>(
    `SELECT (extract(epoch FROM at) * 1000)::bigint::text AS at FROM metric_hot
     WHERE series_id IN (SELECT id FROM metric_series WHERE node_id = $1 AND kind = 'host')`,
    [nodeId],
  );
  const { rows: doubled } = await client.query<{ at: string }>(
    'SELECT at::text FROM metric_hot GROUP BY series_id, at HAVING count(*) > 1',
  );
  return [
    ...compareTally(
      'samples',
      tally,
      samples.map(({ at }) => at),
    ),
    ...some(
      'rows of metrics twice',
      doubled.map(({ at }) => at),
    ),
  ];
};

const statusOf = async (url: string, token: string): Promise<number> => {
  try {
    await call(url, '/auth/me', { token });
    return 200;
  } catch (error) {
    if (error instanceof CallFailed) return error.status;
    throw error;
  }
};

/** The newest sessions, asked for as their owners would. Access tokens live for 15 minutes: older ones say nothing. */
const inspectAccess = async (url: string, { sessions, ended }: Ledger): Promise<string[]> => {
  const refused: string[] = [];
  for (const { id, accessToken } of [...sessions.values()].slice(-SHOWN))
    if ((await statusOf(url, accessToken)) !== 200) refused.push(id);
  const admitted: string[] = [];
  for (const { id, accessToken } of [...ended.values()].slice(-SHOWN))
    if ((await statusOf(url, accessToken)) !== 401) admitted.push(id);
  return [...some('sessions refused', refused), ...some('ended sessions admitted', admitted)];
};

/** One database server and one agent belong to a data directory, each with its children; anything else was left behind. */
export const listOrphans = (dataDir: string, expected: readonly string[]): string[] => {
  const processes = listProcessesOf(dataDir);
  const pids = new Set(processes.map(({ pid }) => pid));
  const roots = processes.filter(({ parentPid }) => !pids.has(parentPid));
  const nameOf = (argv: readonly string[]) => argv[0]?.split('/').at(-1) ?? '';
  const names = roots.map(({ argv }) => nameOf(argv)).sort();
  return names.join() === expected.toSorted().join() ? [] : [`processes: ${names.join(', ') || 'none'}`];
};

/** What the store itself must hold, read through `client`: also from inside a transaction that will be rolled back. */
export const inspectStore = async (
  client: OwnerClient,
  { dataDir, nodeId }: Pick<Installation, 'dataDir' | 'nodeId'>,
  { ledger, metricAgent }: { ledger: Ledger; metricAgent: MetricAgent },
): Promise<string[]> => [
  ...(await inspectRegisters(client, nodeId, ledger)),
  ...(await inspectSessions(client, ledger)),
  ...(await inspectAudit(client, dataDir, ledger)),
  ...(await inspectSamples(client, metricAgent)),
];

/** Everything that must hold after a fault, checked on the store and through the API. */
export const inspectInstallation = async (
  installation: Installation,
  tallies: { ledger: Ledger; metricAgent: MetricAgent },
): Promise<string[]> => {
  const { url, dataDir, token } = installation;
  const access = await inspectAccess(url, tallies.ledger);
  return withStore(dataDir, async (client) => [
    ...access,
    ...(await inspectStore(client, installation, tallies)),
    ...(await inspectUnknownOutcomes(client, url, token)),
  ]);
};
