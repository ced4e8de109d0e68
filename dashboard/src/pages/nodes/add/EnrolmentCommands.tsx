import type { Enrolment } from '@serverbox/contract/onboarding';
import { useState } from 'react';
import { CodeBlock } from '../../../ui/CodeBlock.tsx';
import { KeyValue } from '../../../ui/KeyValue.tsx';
import { MiddleCut } from '../../../ui/MiddleCut.tsx';
import { Notice } from '../../../ui/Notice.tsx';
import { RelativeTime } from '../../../ui/RelativeTime.tsx';
import { Tabs } from '../../../ui/Tabs.tsx';
import styles from './AddNodePage.module.css';

type Form = keyof Enrolment['commands'];

const FORMS = [
  { value: 'install', label: 'One line' },
  { value: 'docker', label: 'Docker' },
  { value: 'compose', label: 'Compose' },
] as const;

const FORM_WORDS: Record<Form, string> = {
  install: 'Paste this on the machine, as a user who may sudo. It installs the agent as a service.',
  docker:
    'Paste this on a machine with Docker. From within a container the agent has no commands and no shells of the machine.',
  compose: 'Save this as compose.yaml on a machine with Docker; the first lines say how to begin.',
};

/** The commands with their one-time token: shown to the one who asked, and not again. */
export const EnrolmentCommands = ({ enrolment }: { enrolment: Enrolment }) => {
  const [form, setForm] = useState<Form>('install');
  return (
    <>
      {enrolment.hint !== null && <Notice tone="warning">{enrolment.hint}</Notice>}
      <Tabs label="How to install" value={form} onChange={setForm} items={FORMS}>
        <div className={styles.form}>
          <p className={styles.note}>{FORM_WORDS[form]}</p>
          <CodeBlock label="Command" text={enrolment.commands[form]} isWrapped={form === 'install'} />
        </div>
      </Tabs>
      <KeyValue
        items={[
          { label: 'Holds until', value: <RelativeTime at={enrolment.expiresAt} /> },
          {
            label: 'Key of this Server Box',
            value: <MiddleCut text={enrolment.coreKey} />,
            copyText: enrolment.coreKey,
          },
        ]}
      />
    </>
  );
};
