import { ERRORS } from '../../contract/src/errors.ts';
import { code, table } from './markdown.ts';

export const describeErrors = (): string => {
  const rows = Object.entries(ERRORS).map(([name, { status, when }]) => [code(name), String(status), when]);
  return `# Errors

Every surface answers with one of these codes. REST: \`{"error":{"code","message","requestId"}}\`. The message is a sentence for people and may change; the code does not.

${table(['Code', 'HTTP', 'When'], rows)}`;
};
