/** The text of an event that the chain covers: the same bytes for the same event, whoever writes or verifies it. */
import { createHash, createHmac } from 'node:crypto';

/** Longer strings are cut in the record and stand for themselves by their hash: hostile text cannot fill the trail. */
export const MAX_TEXT_CHARS = 2000;
const MAX_DEPTH = 6;
const MAX_ITEMS = 300;

export type Json = null | boolean | number | string | Json[] | { [key: string]: Json };

const cutText = (text: string): Json =>
  text.length <= MAX_TEXT_CHARS
    ? // A lone surrogate has no UTF-8; the database would refuse NUL.
      text.toWellFormed().replaceAll('\0', '\u2400')
    : {
        cut: cutText(text.slice(0, MAX_TEXT_CHARS)),
        sha256: createHash('sha256').update(text).digest('hex'),
        chars: text.length,
      };

const boundedObject = (value: object, depth: number): Json =>
  Object.fromEntries(
    Object.entries(value)
      .slice(0, MAX_ITEMS)
      .map(([key, item]) => [key.slice(0, 100).toWellFormed().replaceAll('\0', '\u2400'), bounded(item, depth + 1)]),
  );

/** Anything as bounded JSON: depth, items and text are capped, what JSON cannot hold becomes text or null. */
export const bounded = (value: unknown, depth = 0): Json => {
  if (value === null || value === undefined || depth > MAX_DEPTH) return null;
  if (typeof value === 'string') return cutText(value);
  if (typeof value === 'boolean') return value;
  if (typeof value === 'number') return Number.isFinite(value) ? value : String(value);
  if (value instanceof Date) return value.toISOString();
  if (Array.isArray(value)) return value.slice(0, MAX_ITEMS).map((item) => bounded(item, depth + 1));
  // A Secret, or anything else that says how it shows itself.
  if ('toJSON' in Object(value)) return cutText(String(value));
  return typeof value === 'object' ? boundedObject(value, depth) : cutText(String(value));
};

/** JSON with keys sorted by code unit and no white space: RFC 8785 for the values that `bounded` lets through. */
export const canonicalJson = (value: Json): string => {
  if (Array.isArray(value)) return `[${value.map(canonicalJson).join(',')}]`;
  if (value === null || typeof value !== 'object') return JSON.stringify(value);
  const members = Object.keys(value)
    .sort()
    .map((key) => `${JSON.stringify(key)}:${canonicalJson(value[key] ?? null)}`);
  return `{${members.join(',')}}`;
};

/** One link of the chain: HMAC-SHA-256 over the previous link and this event's canonical text (UTF-8). */
export const chainHash = (key: Buffer, previous: Buffer, canonical: string): Buffer =>
  createHmac('sha256', key).update(previous).update(canonical).digest();

/** What stands before the first event. */
export const GENESIS_HASH = Buffer.alloc(32);
