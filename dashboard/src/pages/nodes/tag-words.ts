import { Tag } from '@serverbox/contract/tags';

/** A tag as the core keeps it, or why it is none. */
export const parseTag = (text: string): { tag: string } | { problem: string } => {
  const parsed = Tag.safeParse(text);
  if (parsed.success) return { tag: parsed.data };
  return { problem: `A tag ${parsed.error.issues[0]?.message ?? 'of this form is not allowed'}.` };
};
