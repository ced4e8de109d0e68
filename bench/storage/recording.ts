/**
 * What an agent measured on a real machine at work: rows of the 24 host fields, one every five seconds. Kept in the
 * repository so that the figure for storage is the same on every machine and every day.
 */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { gunzipSync } from 'node:zlib';

export interface Recording {
  rows: readonly (readonly (number | null)[])[];
}

export const readRecording = (): Recording =>
  JSON.parse(gunzipSync(readFileSync(join(import.meta.dirname, 'recording.json.gz'))).toString('utf8')) as Recording;
