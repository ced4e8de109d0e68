/** What can be asked of a node over an authenticated SSH session. */
import type { Duplex } from 'node:stream';
import type { ClientChannel } from 'ssh2';
import type { Clock } from '../clock.ts';
import { openChannelDuplex } from './channel-duplex.ts';
import type { ExecOptions, ExecStream, NodeLink, PtyOptions, PtyStream, SftpSession } from './link.ts';
import { quoteArgv } from './quote.ts';
import type { ChannelRequest, OpenCallback, OpenChannel } from './ssh-channels.ts';
import { cancelled } from './ssh-channels.ts';
import { watchEnd } from './ssh-exec.ts';
import type { SshSession } from './ssh-session.ts';

const OPEN_TIMEOUT_MS = 10_000;
export const WINDOW_BYTES = 2 * 1024 * 1024;
/** Small, because what is in flight has to pass the screen before an interrupt shows: 256 KiB is 50 ms at 5 MB/s. */
const SHELL_WINDOW_BYTES = 256 * 1024;
/** Small, because what is in flight is what each reader of a flood costs before it can be held up, in packets and in memory. */
const SOCKET_WINDOW_BYTES = 256 * 1024;

const clampSide = (side: number): number =>
  Number.isFinite(side) ? Math.min(1000, Math.max(1, Math.trunc(side))) : 80;

const duplexOf = (session: SshSession, channel: ClientChannel, allowHalfOpen: boolean): Duplex =>
  openChannelDuplex(channel, {
    transport: session.stream,
    closed: session.closed,
    isComplete: () => session.flow.isComplete(channel),
    allowHalfOpen,
  });

const createExec = (openChannel: OpenChannel, clock: Clock): NodeLink['exec'] => {
  return async (argv, { timeoutMs, signal, isBackground }: ExecOptions): Promise<ExecStream> => {
    const command = quoteArgv(argv);
    const startedMs = clock.monotonicMs();
    const { channel, session, exit } = await openChannel({
      opening: 'exec',
      windowBytes: WINDOW_BYTES,
      timeoutMs: Math.min(timeoutMs, OPEN_TIMEOUT_MS),
      waitMs: timeoutMs,
      signal,
      isBackground,
      start: (client, done) => client.exec(command, done),
    });
    const { flow, closed } = session;
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

const createShell = (openChannel: OpenChannel): NodeLink['shell'] => {
  return async ({ cols, rows, term }: PtyOptions): Promise<PtyStream> => {
    const size = { cols: clampSide(cols), rows: clampSide(rows), width: 0, height: 0 };
    const { channel, session, exit } = await openChannel({
      opening: 'shell',
      windowBytes: SHELL_WINDOW_BYTES,
      timeoutMs: OPEN_TIMEOUT_MS,
      start: (client, done) => client.shell({ ...size, term }, done),
    });
    channel.stderr.resume();
    const { flow, closed } = session;
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
      close: () => {
        // OpenSSH hangs up by itself when the terminal closes; dropbear leaves the shell running unless it is told.
        flow.signal(channel, 'HUP');
        duplex.destroy();
      },
    };
  };
};

const openSftp = async (openChannel: OpenChannel): Promise<SftpSession> => {
  const { channel } = await openChannel({
    opening: 'sftp',
    windowBytes: WINDOW_BYTES,
    timeoutMs: OPEN_TIMEOUT_MS,
    // ssh2 hands its SFTP client over where a channel would be: it is one, which reads its own data.
    start: (client, done) => client.sftp(done as unknown as (error: Error | undefined, sftp: SftpSession) => void),
  });
  const sftp = channel as unknown as SftpSession;
  // What fails is told to whoever asked; nobody else need listen.
  sftp.on('error', () => undefined);
  return sftp;
};

export type LinkCalls = Pick<NodeLink, 'exec' | 'shell' | 'sftp' | 'dialUnix' | 'dialTcp' | 'subsystem'>;

/** `openChannel` says on which connection each call goes. */
export const createCalls = (openChannel: OpenChannel, clock: Clock): LinkCalls => {
  const openStream = async (
    opening: ChannelRequest['opening'],
    start: ChannelRequest['start'],
    isBackground?: boolean,
  ): Promise<Duplex> => {
    const windowBytes = opening === 'socket' ? SOCKET_WINDOW_BYTES : WINDOW_BYTES;
    const { channel, session } = await openChannel({
      ...{ opening, windowBytes, timeoutMs: OPEN_TIMEOUT_MS, start, isBackground },
    });
    channel.stderr.resume();
    return duplexOf(session, channel, false);
  };
  return {
    exec: createExec(openChannel, clock),
    shell: createShell(openChannel),
    sftp: () => openSftp(openChannel),
    dialUnix: (path, { isBackground } = {}) =>
      openStream(
        'socket',
        (client, done: OpenCallback) => client.openssh_forwardOutStreamLocal(path, done),
        isBackground,
      ),
    dialTcp: (host, port) =>
      // The originator is for the node's log only (RFC 4254 section 7.2).
      openStream('tcp', (client, done: OpenCallback) => client.forwardOut('127.0.0.1', 0, host, port, done)),
    subsystem: (name) => openStream('subsystem', (client, done: OpenCallback) => client.subsys(name, done)),
  };
};
