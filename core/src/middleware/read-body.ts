import { AppError } from '../lib/errors.ts';

const tooLarge = (maxBytes: number) => new AppError('payload_too_large', `The body is larger than ${maxBytes} bytes.`);

const readBytes = async (body: ReadableStream<Uint8Array>, maxBytes: number): Promise<Buffer> => {
  const chunks: Uint8Array[] = [];
  let size = 0;
  for await (const chunk of body) {
    size += chunk.length;
    if (size > maxBytes) throw tooLarge(maxBytes);
    chunks.push(chunk);
  }
  return Buffer.concat(chunks);
};

/**
 * The JSON object in a request's body, read no further than `maxBytes`. Compressed bodies are refused: a small one may hold
 * any amount. How long a body may take is bounded by the server. @throws AppError `bad_request` | `payload_too_large`
 */
export const readBody = async (request: Request, maxBytes: number): Promise<Record<string, unknown>> => {
  const { headers, body } = request;
  const encoding = headers.get('content-encoding') ?? 'identity';
  if (encoding !== 'identity') throw new AppError('bad_request', 'Compressed bodies are not taken; send it as it is.');
  if (!(headers.get('content-type') ?? '').startsWith('application/json')) {
    throw new AppError('bad_request', 'The body has to be JSON, with content-type application/json.');
  }
  if (Number(headers.get('content-length') ?? 0) > maxBytes) throw tooLarge(maxBytes);
  const bytes = body === null ? Buffer.alloc(0) : await readBytes(body, maxBytes);
  let parsed: unknown;
  try {
    parsed = JSON.parse(bytes.toString('utf8'));
  } catch (cause) {
    throw new AppError('bad_request', 'The body is not valid JSON.', { cause });
  }
  if (typeof parsed !== 'object' || parsed === null || Array.isArray(parsed)) {
    throw new AppError('bad_request', 'The body has to be a JSON object.');
  }
  return parsed as Record<string, unknown>;
};
