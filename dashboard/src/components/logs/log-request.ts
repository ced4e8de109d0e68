import { toResponseError } from '../../lib/errors.ts';
import type { SessionKeeper } from '../../lib/http.ts';

interface LogRequest {
  nodeId: string;
  containerId: string;
  since: string | undefined;
}

/** Without a beginning in time, this many of the last lines. */
const RECENT_LINES = 1000;
const ALL_LINES = 100_000;

const addressOf = ({ nodeId, containerId, since }: LogRequest, more: Record<string, string>): string => {
  const query = new URLSearchParams({ timestamps: 'true', ...more, ...(since === undefined ? {} : { since }) });
  return `/api/nodes/${nodeId}/containers/${containerId}/logs?${query}`;
};

/** Where the whole log, as far as the engine has it, can be saved as a text file. */
export const downloadAddress = (request: LogRequest): string =>
  addressOf(request, { download: 'true', tail: String(ALL_LINES) });

/** Opens the stream of lines. Rejects with the server's own refusal, or with TypeError when no answer came. */
export const getLogBody = async (
  http: SessionKeeper['fetch'],
  request: LogRequest,
  signal: AbortSignal,
): Promise<ReadableStream<Uint8Array>> => {
  const tail = String(request.since === undefined ? RECENT_LINES : ALL_LINES);
  const response = await http(addressOf(request, { follow: 'true', tail }), { signal });
  if (!response.ok || response.body === null) throw await toResponseError(response);
  return response.body;
};

/** fetch and its readers report a broken network as TypeError; everything else is an answer. */
export const isBrokenNetwork = (error: unknown): boolean => error instanceof TypeError;
