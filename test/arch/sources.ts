/** The project's source files and who imports whom, for the architecture tests. */
import { execFileSync } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { dirname, join, normalize, resolve } from 'node:path';
import ts from 'typescript';

export const ROOT = resolve(import.meta.dirname, '../..');

export interface Import {
  from: string;
  /** A path of this repository, or the bare name of a package. */
  to: string;
  isTypeOnly: boolean;
}

/** Every file that git knows or would add, relative to the root, with forward slashes. */
export const listFiles = (pattern: RegExp): string[] =>
  execFileSync('git', ['ls-files', '--cached', '--others', '--exclude-standard'], { cwd: ROOT, encoding: 'utf8' })
    .split('\n')
    .filter((path) => pattern.test(path) && existsSync(join(ROOT, path)));

export const read = (path: string): string => readFileSync(join(ROOT, path), 'utf8');

const PACKAGES: Record<string, string> = {
  '@serverbox/contract': 'contract/src',
  '@serverbox/core/router': 'core/src/router.ts',
  '@serverbox/sdk': 'sdk/src/index.ts',
};

const resolveImport = (from: string, name: string): string => {
  if (name.startsWith('.')) return normalize(join(dirname(from), name));
  const [scope, ours] = Object.entries(PACKAGES).find(([key]) => name === key || name.startsWith(`${key}/`)) ?? [];
  if (scope === undefined || ours === undefined) return name;
  return name === scope ? ours : `${ours}${name.slice(scope.length)}.ts`;
};

const isTypeOnlyImport = (node: ts.ImportDeclaration | ts.ExportDeclaration): boolean => {
  if (ts.isExportDeclaration(node)) return node.isTypeOnly;
  const clause = node.importClause;
  if (clause === undefined) return false;
  const named = clause.namedBindings;
  const allNamedAreTypes =
    clause.name === undefined &&
    named !== undefined &&
    ts.isNamedImports(named) &&
    named.elements.every((e) => e.isTypeOnly);
  return clause.isTypeOnly || allNamedAreTypes;
};

/** What one file imports. */
export const importsOf = (path: string): Import[] => {
  const source = ts.createSourceFile(path, read(path), ts.ScriptTarget.Latest, true);
  const found: Import[] = [];
  const visit = (node: ts.Node): void => {
    const isDeclaration = ts.isImportDeclaration(node) || ts.isExportDeclaration(node);
    if (isDeclaration && node.moduleSpecifier !== undefined && ts.isStringLiteral(node.moduleSpecifier)) {
      found.push({
        from: path,
        to: resolveImport(path, node.moduleSpecifier.text),
        isTypeOnly: isTypeOnlyImport(node),
      });
    }
    if (ts.isCallExpression(node) && node.expression.kind === ts.SyntaxKind.ImportKeyword) {
      const [argument] = node.arguments;
      if (argument !== undefined && ts.isStringLiteral(argument)) {
        found.push({ from: path, to: resolveImport(path, argument.text), isTypeOnly: false });
      }
    }
    ts.forEachChild(node, visit);
  };
  visit(source);
  return found;
};

let graph: Import[] | undefined;
/** All imports of the TypeScript sources, tests included. Read once a run. */
export const listImports = (): Import[] => {
  graph ??= listFiles(/^(contract|core|dashboard|sdk|cli|lab|scripts)\/.*\.tsx?$/).flatMap(importsOf);
  return graph;
};

export const isTest = (path: string): boolean =>
  /\.test\.tsx?$|\/testing[^/]*\.ts$|-conformance\.ts$|(^|\/)testing\//.test(path);
