/** What a node's refusal to open something means, as an error of the product. */
import { AppError } from '../errors.ts';

/** How an agent begins the reason when its owner's policy forbids what was asked; the service follows. */
const POLICY_REFUSAL = "refused by this node's policy";
/** RFC 4254 section 5.1. */
const PROHIBITED = 1;
const CONNECT_FAILED = 2;
const RESOURCE_SHORTAGE = 4;
const OPEN_FAILURE = '(SSH) Channel open failure: ';

export type Opening = 'exec' | 'shell' | 'sftp' | 'subsystem' | 'socket' | 'tcp';
export const isSession = (opening: Opening): boolean => opening !== 'socket' && opening !== 'tcp';

const reasonOf = (error: Error): number | undefined =>
  'reason' in error && typeof error.reason === 'number' ? error.reason : undefined;

/**
 * Translates the failure of a channel. `refusal` is what the node wrote on the channel before it refused; it is hostile
 * text, shown to people as part of a sentence.
 */
export const openingError = (error: Error, opening: Opening, refusal: string): AppError => {
  const said = refusal === '' ? error.message.replace(OPEN_FAILURE, '') : refusal;
  const reason = reasonOf(error);
  if (said.startsWith(POLICY_REFUSAL)) {
    const [, service] = said.split(': ', 2);
    const what = service === undefined ? 'this' : `the service "${service}"`;
    return new AppError('refused_by_policy', `The node's own policy does not permit ${what}.`, { cause: error });
  }
  if (opening === 'socket' && reason === CONNECT_FAILED) {
    return new AppError('docker_unavailable', `The node could not open the socket: ${said}`, { cause: error });
  }
  // OpenSSH answers "connect failed" to one session more than its MaxSessions.
  if (reason === RESOURCE_SHORTAGE || (reason === CONNECT_FAILED && isSession(opening))) {
    return new AppError('too_many_streams', 'The node takes no more channels now.', { cause: error });
  }
  if (opening === 'tcp' && reason === PROHIBITED) {
    const what = 'The host does not forward connections: its sshd needs AllowTcpForwarding';
    return new AppError('node_unreachable', `${what} (it said: ${said}).`, { cause: error });
  }
  if (opening === 'sftp') {
    return new AppError('not_supported', `The node serves no files over SFTP: ${said}`, { cause: error });
  }
  return new AppError('node_unreachable', `The node refused: ${said}`, { cause: error, detail: { opening } });
};
