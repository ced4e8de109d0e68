import { describeSurface } from '../../core/src/describe-surface.ts';
import { code, table } from './markdown.ts';

export const describeApi = (): string => {
  const surface = describeSurface();
  const rest = surface.flatMap(({ name, method, path, summary }) =>
    path === undefined ? [] : [[method ?? '', code(path), summary ?? '', code(name)]],
  );
  return `# API

The same procedures over tRPC (\`/trpc\`) and REST. Sign in with \`POST /auth/login\`, then send \`Authorization: Bearer <accessToken>\`. Lists answer \`{"items": […], "nextCursor": null}\`. A running core describes itself at \`/api/openapi.json\` and \`/api/docs\`.

${table(
  ['Method', 'Path', 'Does', 'Procedure'],
  rest.sort((a, b) => `${a[1]}`.localeCompare(`${b[1]}`)),
)}`;
};

export const describePrivileges = (): string => {
  const rows = describeSurface().map(({ name, kind, permission, scope, audit }) => [
    code(name),
    kind,
    permission === undefined ? '— (no login)' : code(permission),
    scope ?? '—',
    audit === undefined ? '—' : code(audit),
  ]);
  return `# Privileges

Every way into Server Box with what it takes: procedures, streams and upgrades. A new row, or a row that loses its permission or its audit action, shows up here in review.

${table(['Surface', 'Kind', 'Permission', 'Scope', 'Audit action'], rows)}`;
};
