/**
 * The ways to a node and what works through which: the one table that the API returns, the screen prints and tests walk.
 * The order is the ladder: of the ways that are up, the first one is used.
 */
import { z } from 'zod';

export const WAYS = ['agent', 'ssh', 'poll', 'push'] as const;
export const Way = z.enum(WAYS);
export type Way = z.infer<typeof Way>;

/** What each way is, in words for people. */
export const WAY_NAMES: Record<Way, string> = {
  agent: 'Agent',
  ssh: 'SSH',
  poll: 'Agent by long-poll',
  push: 'Push script',
};

export const CAPABILITIES = {
  inventory: 'System, kernel, memory, addresses',
  metrics: 'Live metrics and history',
  'metrics.spool': 'Metrics of the time when the link was down',
  'containers.watch': 'See containers',
  'containers.operate': 'Start, stop and remove containers',
  'containers.logs': 'Container logs',
  'containers.shell': 'Shells in containers',
  exec: 'Run a command',
  runs: 'Take part in fleet commands',
  terminal: 'Terminal',
} as const;
export type Capability = keyof typeof CAPABILITIES;
export const ALL_CAPABILITIES = Object.keys(CAPABILITIES) as Capability[];

const POLL_ONLY = 'The proxy in between cuts WebSockets: only what fits into a question and its answer gets through.';
const PUSH_ONLY = 'The push script only reports; install the agent or add SSH access to get this.';
const NO_MACHINE = 'The push script reports containers, not the machine.';

/** Null: it works. Otherwise the sentence that says why it does not. */
export const WAY_CAPABILITIES: Record<Way, Record<Capability, string | null>> = {
  agent: {
    inventory: null,
    metrics: null,
    'metrics.spool': null,
    'containers.watch': null,
    'containers.operate': null,
    'containers.logs': null,
    'containers.shell': null,
    exec: null,
    runs: null,
    terminal: null,
  },
  ssh: {
    inventory: null,
    metrics: null,
    'metrics.spool': 'Nothing runs on the node while nobody is connected; install the agent to keep measuring.',
    'containers.watch': null,
    'containers.operate': null,
    'containers.logs': null,
    'containers.shell': null,
    exec: null,
    runs: null,
    terminal: null,
  },
  poll: {
    inventory: null,
    metrics: null,
    'metrics.spool': null,
    'containers.watch': POLL_ONLY,
    'containers.operate': POLL_ONLY,
    'containers.logs': POLL_ONLY,
    'containers.shell': POLL_ONLY,
    exec: 'A single command needs a live link; a fleet command reaches this node with its next question.',
    runs: null,
    terminal: POLL_ONLY,
  },
  push: {
    inventory: NO_MACHINE,
    metrics: NO_MACHINE,
    'metrics.spool': NO_MACHINE,
    'containers.watch': null,
    'containers.operate': PUSH_ONLY,
    'containers.logs': PUSH_ONLY,
    'containers.shell': PUSH_ONLY,
    exec: PUSH_ONLY,
    runs: PUSH_ONLY,
    terminal: PUSH_ONLY,
  },
};

/**
 * `up`: usable now. `asleep`: an SSH node that nobody looks at; it is dialled when somebody does. `down`: tried or expected,
 * and not there. `blocked`: waits for a person, e.g. for a decision about a host key.
 */
export const WAY_STATES = ['up', 'asleep', 'down', 'blocked'] as const;
export const NodeWay = z.object({
  way: Way,
  state: z.enum(WAY_STATES),
  isInUse: z.boolean(), // the one that the ladder has chosen
  text: z.string(), // "Connected for 3 h", "The host key has changed", …
  since: z.iso.datetime().nullable(),
});
export type NodeWay = z.infer<typeof NodeWay>;

/** The text of an SSH way that is blocked because the host showed another key than the accepted one. */
export const HOST_KEY_CHANGED = 'The host key has changed';

/** What this node can do by the way in use and by its owner's policy. */
export const NodeCapability = z.object({
  capability: z.enum(ALL_CAPABILITIES as [Capability, ...Capability[]]),
  can: z.boolean(),
  because: z.string().nullable(), // a sentence where it cannot
});
export type NodeCapability = z.infer<typeof NodeCapability>;
