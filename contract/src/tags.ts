/** Tags: free words on nodes, from which groups are made. */
import { z } from 'zod';

export const MAX_TAGS = 32;
export const MAX_NOTE_CHARS = 20_000;
/** Free text for people. Shown as it is, never as HTML; a NUL has no place in the database. */
export const Note = z
  .string()
  .max(MAX_NOTE_CHARS)
  .refine((text) => !text.includes('\0'), 'has a NUL byte');
/** Lower case, so that Prod and prod are one. `env:prod` and `team/web` are usual forms. */
export const Tag = z
  .string()
  .trim()
  .toLowerCase()
  .min(1)
  .max(48)
  .regex(/^[\p{Ll}\p{Lo}\p{N}][\p{Ll}\p{Lo}\p{N}:/._-]*$/u, 'has only letters, digits and : / . _ -');
export const Tags = z
  .array(Tag)
  .max(MAX_TAGS)
  .transform((tags) => [...new Set(tags)].sort());
