/** Reads what pages keep in the address. Part of the entry: no schema library. Whatever makes no sense is left out. */

const MAX_TEXT_CHARS = 200;

export const textParam = (value: unknown): string | undefined =>
  (typeof value === 'string' || typeof value === 'number') && value !== ''
    ? String(value).slice(0, MAX_TEXT_CHARS)
    : undefined;

export const choiceParam = <const C extends string>(value: unknown, choices: readonly C[]): C | undefined =>
  choices.find((choice) => choice === value);

/** `cpu.desc` and the like: the column and the way. */
export const sortParam = (value: unknown): string | undefined =>
  typeof value === 'string' && /^\w{1,32}\.(asc|desc)$/.test(value) ? value : undefined;

/** Drops the keys that are undefined, so that they do not stand in the address. */
export const compact = <T extends object>(search: { [K in keyof T]: T[K] | undefined }): T =>
  Object.fromEntries(Object.entries(search).filter(([, value]) => value !== undefined)) as T;
