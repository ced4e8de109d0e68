/** Between what is written in the form and what the core is asked for. Pure. */
import type { Run, RunCommand } from '@serverbox/contract/runs';
import type { Draft } from './CommandEditor.tsx';
import { joinWords, splitWords } from './words.ts';

export const EMPTY_DRAFT: Draft = { kind: 'argv', line: '', script: '', timeoutMs: '60000' };

export const draftOf = ({ command, timeoutMs }: Pick<Run, 'command' | 'timeoutMs'>): Draft => ({
  kind: command.kind,
  line: command.kind === 'argv' ? joinWords(command.argv) : '',
  script: command.kind === 'script' ? command.script : '',
  timeoutMs: String(timeoutMs),
});

/** The command, or the sentence that says what is missing. */
export const commandOf = ({ kind, line, script }: Draft): RunCommand | string => {
  if (kind === 'script') return script.trim() === '' ? 'Write a script first.' : { kind, script };
  const split = splitWords(line);
  if ('problem' in split) return split.problem;
  return split.words.length === 0 ? 'Write a command first.' : { kind, argv: split.words };
};
