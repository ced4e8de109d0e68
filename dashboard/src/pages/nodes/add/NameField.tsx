import { NodeName } from '@serverbox/contract/nodes';
import { Field } from '../../../ui/Field.tsx';
import { Input } from '../../../ui/Input.tsx';

/** Undefined: the name can be taken. An empty field is only a problem once the form is sent. */
export const nameProblem = (name: string): string | undefined => {
  const parsed = NodeName.safeParse(name);
  if (parsed.success) return undefined;
  return name.trim() === ''
    ? 'Give the node a name.'
    : `A name ${parsed.error.issues[0]?.message ?? 'of this form is not allowed'}.`;
};

interface Props {
  value: string;
  onChange(name: string): void;
  problem: string | undefined;
}

export const NameField = ({ value, onChange, problem }: Props) => (
  <Field label="Name of the node" error={problem}>
    {({ id, describedBy, isInvalid }) => (
      <Input
        id={id}
        aria-describedby={describedBy}
        isInvalid={isInvalid}
        maxLength={64}
        autoComplete="off"
        spellCheck={false}
        placeholder="web-1"
        value={value}
        onChange={(event) => onChange(event.target.value)}
      />
    )}
  </Field>
);
