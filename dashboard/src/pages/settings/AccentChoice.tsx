import type { Preferences } from '@serverbox/contract/preferences';
import { Check } from 'lucide-react';
import { useId } from 'react';
import { APPEARANCE_CHOICES } from '../../lib/appearance.ts';
import styles from './AccentChoice.module.css';

type Accent = Preferences['accent'];

/** The accents as swatches: radio buttons that show instead of say. */
export const AccentChoice = ({ value, onChange }: { value: Accent; onChange: (accent: Accent) => void }) => {
  const name = useId();
  return (
    <div role="radiogroup" aria-label="Accent" className={styles.root}>
      {APPEARANCE_CHOICES.accent.map((accent) => (
        <label key={accent} className={styles.swatch} data-swatch={accent} data-tooltip={accent}>
          <input
            type="radio"
            name={name}
            aria-label={accent}
            className={styles.input}
            checked={accent === value}
            onChange={() => onChange(accent)}
          />
          {accent === value && <Check size={14} strokeWidth={3} aria-hidden="true" />}
        </label>
      ))}
    </div>
  );
};
