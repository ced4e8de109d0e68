/** Prints the tables as a document. Reads the definitions, not a database. */
import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { is } from 'drizzle-orm';
import type { PgColumn } from 'drizzle-orm/pg-core';
import { getTableConfig, PgTable } from 'drizzle-orm/pg-core';

const describeDefault = (column: PgColumn): string => {
  if (column.generatedIdentity !== undefined || column.generated !== undefined) return 'generated';
  if (!column.hasDefault) return '';
  // An expression, such as now().
  if (typeof column.default === 'object' && column.default !== null && 'queryChunks' in column.default)
    return 'computed';
  return `\`${JSON.stringify(column.default)}\``;
};

const describeTable = (table: PgTable): string => {
  const { name, columns, indexes, foreignKeys, uniqueConstraints, checks, primaryKeys } = getTableConfig(table);
  const references = new Map(
    foreignKeys.flatMap((key) => {
      const { columns: from, foreignColumns, foreignTable } = key.reference();
      const target = getTableConfig(foreignTable).name;
      const onDelete = key.onDelete === undefined ? '' : `, on delete ${key.onDelete}`;
      return from.map((column, at) => [column.name, `${target}.${foreignColumns[at]?.name}${onDelete}`] as const);
    }),
  );
  const composed = new Set(primaryKeys.flatMap((key) => key.columns.map((column) => column.name)));
  const rows = columns.map((column) => {
    const isKey = column.primary || composed.has(column.name);
    const cells = [column.name, column.getSQLType(), isKey ? 'key' : column.notNull ? '' : 'may be null'];
    return `| ${[...cells, describeDefault(column), references.get(column.name) ?? ''].join(' | ')} |`;
  });
  const constraints = [
    ...columns.flatMap((column) => (column.isUnique ? [column.uniqueName ?? `${name}.${column.name} unique`] : [])),
    ...uniqueConstraints.map((constraint) => constraint.name ?? 'unique'),
    ...checks.map((check) => check.name),
    ...indexes.map((index) => index.config.name ?? 'index'),
  ].map((text) => `\`${text}\``);
  const head = ['| column | type | null | default | references |', '| --- | --- | --- | --- | --- |'];
  const tail = constraints.length === 0 ? [] : ['', `Constraints and indexes: ${constraints.join(', ')}.`];
  return [`## ${name}`, '', ...head, ...rows, ...tail].join('\n');
};

/** Every table of `core/src/schema`, by name, as Markdown. */
export const describeSchema = async (): Promise<string> => {
  const tables = new Map<string, PgTable>();
  for (const file of await readdir(import.meta.dirname)) {
    if (!file.endsWith('.ts') || file.endsWith('.test.ts')) continue;
    const module: Record<string, unknown> = await import(join(import.meta.dirname, file));
    for (const value of Object.values(module)) {
      if (is(value, PgTable)) tables.set(getTableConfig(value).name, value);
    }
  }
  const sorted = [...tables].sort(([a], [b]) => (a < b ? -1 : 1));
  const text = sorted.map(([, table]) => describeTable(table));
  return [
    '# Database',
    '',
    `${tables.size} tables. The job queue keeps its own in the schema \`bullmq\`.`,
    '',
    text.join('\n\n'),
  ].join('\n');
};
