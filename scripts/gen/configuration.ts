import { Environment, FILE_VARIABLES } from '../../core/src/config.ts';
import { code, table } from './markdown.ts';

const defaults = Environment.parse({});

const defaultOf = (name: string): string => {
  if (name === 'SERVERBOX_DATA_DIR') return code('./data');
  const value = defaults[name as keyof typeof defaults];
  if (value === undefined) return '—';
  return Array.isArray(value) ? 'none' : code(String(value));
};

export const describeConfiguration = (): string => {
  const rows = Object.entries(Environment.shape).map(([name, schema]) => {
    const hasFile = (FILE_VARIABLES as readonly string[]).includes(name);
    return [code(name) + (hasFile ? ` (or ${code(`${name}_FILE`)})` : ''), defaultOf(name), schema.description ?? ''];
  });
  return `# Configuration

Environment variables, read once at start, from the environment and from \`.env\` in the working directory (the environment wins). A bad value stops the start with exit code 2 and one line that names the variable.

${table(['Variable', 'Default', 'Meaning'], rows)}`;
};
