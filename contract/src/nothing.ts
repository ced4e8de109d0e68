import { z } from 'zod';

/** The input of a procedure that takes none; a client may leave it out. */
export const Nothing = z.strictObject({}).default({});
/** The answer of a procedure whose success says everything. */
export const Done = z.object({});
