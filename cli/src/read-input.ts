/** What people give on the command line, as the API takes it. */
import { Tags } from '@serverbox/contract/tags';
import { ServerBoxError } from '@serverbox/sdk';

/** Standard input as text: for notes and scripts, which no argument should have to hold. */
export const readStandardInput = async (): Promise<string> => {
  const chunks: Buffer[] = [];
  for await (const chunk of process.stdin) chunks.push(chunk as Buffer);
  return Buffer.concat(chunks).toString('utf8');
};

/** @throws ServerBoxError `bad_request` with what is wrong with one of them */
export const parseTags = (tags: unknown): string[] => {
  const parsed = Tags.safeParse(tags);
  if (parsed.success) return parsed.data;
  throw new ServerBoxError('bad_request', `A tag ${parsed.error.issues[0]?.message ?? 'of this form is not allowed'}.`);
};

/** For options that may be given several times. */
export const collect = (value: string, before: readonly string[] = []): string[] => [...before, value];
