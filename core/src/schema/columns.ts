/** Column types that every table shares, so that no table can pick a lesser one by accident. */
import { customType, timestamp } from 'drizzle-orm/pg-core';

/** Bytes as a `Buffer`. */
export const bytea = customType<{ data: Buffer; driverData: Buffer }>({ dataType: () => 'bytea' });

/** An instant: always with time zone, to the microsecond in the database, a `Date` (milliseconds) in the program. */
export const instant = (name: string) => timestamp(name, { withTimezone: true, mode: 'date' });
