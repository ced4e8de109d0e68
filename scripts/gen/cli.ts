import { EXIT_CODES } from '../../cli/src/exit-codes.ts';
import { createProgram } from '../../cli/src/main.ts';
import { code, table } from './markdown.ts';

type Command = ReturnType<typeof createProgram>;

const leaves = (command: Pick<Command, 'commands'>, trail: string[]): { usage: string; summary: string }[] =>
  command.commands.flatMap((child) => {
    const path = [...trail, child.name()];
    if (child.commands.length > 0) return leaves(child, path);
    const args = child.registeredArguments.map((argument) => `<${argument.name()}>`);
    const options = child.options.map((option) => option.flags);
    return [{ usage: ['serverbox', ...path, ...args, ...options].join(' '), summary: child.description() }];
  });

export const describeCli = (): string => {
  const program = createProgram();
  return `# Command line

Run with \`npx serverbox\` in a checkout. Options of the whole program:

${table(
  ['Option', 'Meaning'],
  program.options.map((option) => [code(option.flags), option.description]),
)}

${table(
  ['Command', 'Does'],
  leaves(program, []).map(({ usage, summary }) => [code(usage), summary]),
)}

Exit codes: ${Object.entries(EXIT_CODES)
    .map(([name, value]) => `${value} ${name}`)
    .join(', ')}.`;
};
