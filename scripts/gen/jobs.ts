import { listJobs } from '../../core/src/describe-surface.ts';
import { code, table } from './markdown.ts';

export const describeJobs = (): string => {
  const rows = listJobs().map(({ name, attempts, deadlineMs, load }) => [
    code(name),
    load,
    String(attempts),
    `${deadlineMs / 1000} s`,
  ]);
  return `# Jobs

What runs outside requests. Each is idempotent and delivered at least once; past its attempts it is quarantined.

${table(['Job', 'Load', 'Attempts', 'Deadline'], rows)}`;
};
