import type { AgentMode } from '@serverbox/contract/onboarding';
import { Segmented } from '../../../ui/Segmented.tsx';
import styles from './AddNodePage.module.css';

const MODES = [
  { value: 'operate', label: 'Operate' },
  { value: 'monitor', label: 'Monitor only' },
] as const;

const MODE_WORDS: Record<AgentMode, string> = {
  operate: 'Metrics, containers, commands and shells. The owner can take any of it back on the machine.',
  monitor: 'Metrics and seeing containers. The agent refuses everything else, whatever it is asked.',
};

/** What the agent will permit. It is written on the machine, so that the core cannot widen it later. */
export const ModeChoice = ({ value, onChange }: { value: AgentMode; onChange(mode: AgentMode): void }) => (
  <div className={styles.mode}>
    <span className={styles.label}>What the agent permits</span>
    <Segmented label="What the agent permits" value={value} onChange={onChange} options={MODES} />
    <p className={styles.note}>{MODE_WORDS[value]}</p>
  </div>
);
