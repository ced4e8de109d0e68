import { Bot, CloudUpload, FileText, KeyRound, Plug } from 'lucide-react';
import { useId } from 'react';
import type { Icon } from '../../../ui/types.ts';
import type { AddWay } from '../search.ts';
import styles from './WayChoice.module.css';

interface Words {
  title: string;
  icon: Icon;
  needs: string;
  gives: string;
}

export const ADD_WORDS: Record<AddWay, Words> = {
  agent: {
    title: 'Agent',
    icon: Bot,
    needs: 'One line, pasted on the machine as root. It calls out: no port has to be open.',
    gives: 'Everything, also the metrics of the time when the link was down.',
  },
  ssh: {
    title: 'SSH',
    icon: KeyRound,
    needs: 'An address that Server Box reaches, a user, and a key or a password.',
    gives: 'Everything while somebody looks; nothing is installed on the machine.',
  },
  once: {
    title: 'SSH once',
    icon: Plug,
    needs: 'SSH access for a minute, as root or with sudo.',
    gives: 'The agent, installed for you. Then the credential is forgotten.',
  },
  push: {
    title: 'Push script',
    icon: CloudUpload,
    needs: 'cron or systemd, and curl. The machine only ever sends.',
    gives: 'Its containers are seen. Nothing can be operated.',
  },
  import: {
    title: 'SSH config',
    icon: FileText,
    needs: 'The text of your ~/.ssh/config and one credential for its hosts.',
    gives: 'Many nodes by SSH at once.',
  },
};

export const WayChoice = ({ value, onChange }: { value: AddWay; onChange(way: AddWay): void }) => {
  const name = useId();
  return (
    <div className={styles.choice} role="radiogroup" aria-label="Way">
      {(Object.keys(ADD_WORDS) as AddWay[]).map((way) => {
        const { title, icon: IconOf, needs, gives } = ADD_WORDS[way];
        return (
          <label key={way} className={styles.way} data-checked={way === value || undefined}>
            <input
              type="radio"
              name={name}
              className={styles.input}
              aria-label={title}
              aria-describedby={`${name}-${way}`}
              checked={way === value}
              onChange={() => onChange(way)}
            />
            <span className={styles.title}>
              <IconOf size={16} aria-hidden="true" />
              {title}
            </span>
            <span id={`${name}-${way}`} className={styles.words}>
              <span className={styles.needs}>{needs}</span>
              <span className={styles.gives}>{gives}</span>
            </span>
          </label>
        );
      })}
    </div>
  );
};
