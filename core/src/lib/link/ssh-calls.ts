/** What can be asked of a node over an authenticated SSH session. */
import type { Duplex } from 'node:stream';
import type { ClientChannel } from 'ssh2';
import type { Clock } from '../clock.ts';
import { openChannelDuplex } from './channel-duplex.ts';
import type { ExecOptions, ExecStream, NodeLink, PtyOptions, PtyStream } from './link.ts';
import { quoteArgv } from './quote.ts';
import type { ChannelRequest, OpenCallback, OpenChannel } from './ssh-channels.ts';
import { cancelled, createOpenChannel } from './ssh-channels.ts';
import { watchEnd } from './ssh-exec.ts';
import type { SshSession } from './ssh-session.ts';

const OPEN_TIMEOUT_MS = 10_000;
export const WINDOW_BYTES = 2 * 1024 * 1024;
/** Small, because what is in flight has to pass the screen before an interrupt shows: 256 KiB is 50 ms at 5 MB/s. */
const SHELL_WINDOW_BYTES = 256 * 1024;

const clampSide = (side: number): number =>
  Number.isFinite(side) ? Math.min(1000, Math.max(1, Math.trunc(side))) : 80;

const duplexOf = (session: SshSession, channel: ClientChannel, allowHalfOpen: boolean): Duplex =>
  openChannelDuplex(channel, {
    transport: session.stream,
    closed: session.closed,
    isComplete: () => session.flow.isComplete(channel),
    allowHalfOpen,
  });

const createExec = (session: SshSession, openChannel: OpenChannel, clock: Clock): NodeLink['exec'] => {
  const { flow, closed } = session;
  return async (argv, { timeoutMs, signal }: ExecOptions): Promise<ExecStream> => {
    const command = quoteArgv(argv);
    const startedMs = clock.monotonicMs();
    const { channel, exit } = await openChannel({
      opening: 'exec',
      windowBytes: WINDOW_BYTES,
      timeoutMs: Math.min(timeoutMs, OPEN_TIMEOUT_MS),
      signal,
      start: (client, done) => client.exec(command, done),
    });
    const duplex = duplexOf(session, channel, true);
    const { stderr } = channel;
    const ended = watchEnd(exit, [duplex, stderr], {
      closed,
      isComplete: () => flow.isComplete(channel),
      cancel: (error) => {
        flow.signal(channel, 'TERM');
        duplex.destroy(error);
        stderr.destroy();
      },
      deadline: {
        timeoutMs: Math.max(0, timeoutMs - (clock.monotonicMs() - startedMs)),
        signal,
        cancelled: () => cancelled(signal ?? closed),
      },
    });
    return { stdin: duplex, stdout: duplex, stderr, ended };
  };
};

const createShell = (session: SshSession, openChannel: OpenChannel): NodeLink['shell'] => {
  const { flow, closed } = session;
  return async ({ cols, rows, term }: PtyOptions): Promise<PtyStream> => {
    const size = { cols: clampSide(cols), rows: clampSide(rows), width: 0, height: 0 };
    const { channel, exit } = await openChannel({
      opening: 'shell',
      windowBytes: SHELL_WINDOW_BYTES,
      timeoutMs: OPEN_TIMEOUT_MS,
      start: (client, done) => client.shell({ ...size, term }, done),
    });
    channel.stderr.resume();
    const duplex = duplexOf(session, channel, false);
    const ended = watchEnd(exit, [duplex], {
      closed,
      isComplete: () => flow.isComplete(channel),
      cancel: (error) => duplex.destroy(error),
    });
    return {
      stream: duplex,
      resize: (newCols, newRows) => channel.setWindow(clampSide(newRows), clampSide(newCols), 0, 0),
      ended,
      close: () => duplex.destroy(),
    };
  };
};

export const createCalls = (
  session: SshSession,
  clock: Clock,
): Pick<NodeLink, 'exec' | 'shell' | 'dialUnix' | 'subsystem'> => {
  const openChannel = createOpenChannel(session.client, session.flow, session.closed);
  const openStream = async (opening: ChannelRequest['opening'], start: ChannelRequest['start']): Promise<Duplex> => {
    const { channel } = await openChannel({ opening, windowBytes: WINDOW_BYTES, timeoutMs: OPEN_TIMEOUT_MS, start });
    channel.stderr.resume();
    return duplexOf(session, channel, false);
  };
  return {
    exec: createExec(session, openChannel, clock),
    shell: createShell(session, openChannel),
    dialUnix: (path) =>
      openStream('socket', (client, done: OpenCallback) => client.openssh_forwardOutStreamLocal(path, done)),
    subsystem: (name) => openStream('subsystem', (client, done: OpenCallback) => client.subsys(name, done)),
  };
};
