import { defineConfig } from 'drizzle-kit';

/** Used by `npm run db:new`: compares `src/schema` with the last snapshot and writes the next file of the sequence. */
export default defineConfig({
  dialect: 'postgresql',
  schema: './src/schema/*.ts',
  out: './migrations',
  strict: true,
});
