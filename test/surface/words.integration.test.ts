/** Text that a shell would run, in every input that takes text, on a node whose shell is real. */
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import type { TempDir } from '../../lab/temp-dir.ts';
import type { Box } from '../e2e/box.ts';
import { openDataDir, startBox, WITH_ADMIN } from '../e2e/box.ts';
import { ask, askProcedure, signIn, untilLocalNode } from './client.ts';
import { ACTS, QUERIES, STREAMS } from './inputs.ts';

const WORDS_PER_CALL = 50;
const WORDS_PER_FIELD = 12;

let dataDir: TempDir;
let box: Box;
let token: string;
let nodeId: string;
let canary: string;
let corpus: string[];

/** As text, not as what a shell makes of it. */
const IFS = '$\u007bIFS}';

/** 312 words: each thing that means something to a shell, in each place where it could. */
const makeCorpus = (touch: string): string[] => {
  const metas = [';', '|', '||', '&', '&&', '\n', '\r', '\r\n', '\t;', `;${IFS}`, "'", '"', "';", '";', '\\'];
  const odd = ['*', '?', '~', '#', '!', '{a,b}', '<(', '>', '\u2028', '\u2029', '\u0085'];
  const substitutions = [`$(${touch})`, `\`${touch}\``, `${IFS}$(${touch})`];
  return [...metas, ...odd].flatMap((meta) => [
    ...[`${meta}${touch}`, `${meta} ${touch}`, `a${meta}${touch}${meta}`, `a ${meta} ${touch} ${meta} b`],
    ...[`-${meta}${touch}`, `'${meta}${touch}'`, `"${meta}${touch}"`, `$'${meta}${touch}'`, meta],
    ...substitutions.map((substitution) => `${meta}${substitution}${meta}`),
  ]);
};

beforeAll(async () => {
  dataDir = await openDataDir();
  canary = join(dataDir.path, 'canary');
  corpus = makeCorpus(`touch ${canary}`);
  box = await startBox(dataDir.path, WITH_ADMIN);
  token = (await signIn(box)).accessToken;
  nodeId = await untilLocalNode(box, token);
});
afterAll(async () => {
  expect(await box.stop()).toBe(0);
  await dataDir.remove();
});

const exec = (argv: string[]) => ask(box, `/api/nodes/${nodeId}/exec`, { method: 'POST', token, body: { argv } });

test('IN-2 a command on a node receives the very words that were sent', async () => {
  expect(new Set(corpus).size).toBeGreaterThanOrEqual(300);
  for (let start = 0; start < corpus.length; start += WORDS_PER_CALL) {
    const words = corpus.slice(start, start + WORDS_PER_CALL);
    const { status, body } = await exec(['printf', '%s\\0', ...words]);
    expect(status).toBe(200);
    expect((body as { stdout: string }).stdout.split('\0').slice(0, -1)).toEqual(words);
  }
  expect(existsSync(canary)).toBe(false);
});

/** Each place of an input that holds text, as a function that puts another text there. */
const textsOf = (input: unknown): ((text: string) => unknown)[] => {
  if (typeof input === 'string') return [(text) => text];
  if (typeof input !== 'object' || input === null) return [];
  return Object.entries(input).flatMap(([key, value]) =>
    textsOf(value).map((place) => (text: string) => {
      const copy: unknown = structuredClone(input);
      return Object.assign(copy as object, { [key]: place(text) });
    }),
  );
};

/** It would end the session of this test; it takes no text. */
const LEFT_OUT = ['auth.logout', 'auth.revokeOtherSessions'];
const PLACES = Object.entries({ ...QUERIES, ...ACTS })
  .filter(([name]) => !LEFT_OUT.includes(name))
  .flatMap(([name, inputOf]) =>
    textsOf(inputOf({ nodeId: '', containerId: '' })).map((_, index) => ({ name, inputOf, index })),
  );

test('IN-2 in no other input is such a word run either', { timeout: 120_000 }, async () => {
  expect(PLACES.length).toBeGreaterThan(40);
  const statuses = new Set<number>();
  for (const [place, { name, inputOf, index }] of PLACES.entries()) {
    const put = textsOf(inputOf({ nodeId, containerId: 'f'.repeat(64) }))[index];
    const words = Array.from({ length: WORDS_PER_FIELD }, (_, n) => corpus[(place * 7 + n * 26) % corpus.length] ?? '');
    await Promise.all(
      words.map(async (word) => {
        const input = put?.(word) ?? {};
        statuses.add((await askProcedure(box, { name, isQuery: name in QUERIES, input, token })).status);
      }),
    );
  }
  for (const addressOf of Object.values(STREAMS)) {
    const [path = '', query = ''] = addressOf({ nodeId, containerId: 'f'.repeat(64) }).split('?');
    for (const word of corpus.slice(0, WORDS_PER_FIELD)) {
      const bad = encodeURIComponent(word);
      for (const address of [`${path}?${query}&since=${bad}&cols=${bad}`, path.replace(/[0-9a-f-]{36,}/, bad)])
        statuses.add((await ask(box, address, { token })).status);
    }
  }
  // Refused, limited or not found; 200 where any text may be said, as in a wish for a log of the past.
  expect([...statuses].filter((status) => ![200, 400, 401, 404, 409, 429, 503].includes(status))).toEqual([]);
  expect(existsSync(canary)).toBe(false);
  expect(box.errors()).toEqual([]);
});
