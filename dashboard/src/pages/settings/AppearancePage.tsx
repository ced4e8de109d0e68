import type { Preferences } from '@serverbox/contract/preferences';
import type { ReactNode } from 'react';
import { useId } from 'react';
import { THEMES } from '../../components/frame/themes.ts';
import { useSetPreferences } from '../../components/frame/use-set-preferences.ts';
import { usePreferences } from '../../hooks/use-appearance.ts';
import { usePageTitle } from '../../hooks/use-page-title.ts';
import { Card } from '../../ui/Card.tsx';
import { Segmented } from '../../ui/Segmented.tsx';
import { AccentChoice } from './AccentChoice.tsx';
import styles from './AppearancePage.module.css';
import { AppearancePreview } from './AppearancePreview.tsx';

type Options<K extends keyof Preferences> = readonly { value: Preferences[K]; label: string }[];

const DENSITIES: Options<'density'> = [
  { value: 'comfortable', label: 'Comfortable' },
  { value: 'compact', label: 'Compact' },
];
const FONT_SIZES: Options<'fontSize'> = [
  { value: 'small', label: 'Small' },
  { value: 'medium', label: 'Medium' },
  { value: 'large', label: 'Large' },
];
const RADII: Options<'radius'> = [
  { value: 'none', label: 'None' },
  { value: 'small', label: 'Small' },
  { value: 'medium', label: 'Medium' },
  { value: 'large', label: 'Large' },
];
const MOTIONS: Options<'motion'> = [
  { value: 'system', label: 'System' },
  { value: 'reduced', label: 'Reduced' },
  { value: 'full', label: 'Full' },
];

const Row = ({ title, description, children }: { title: string; description: string; children: ReactNode }) => {
  const id = useId();
  return (
    <section className={styles.row} aria-labelledby={id}>
      <div className={styles.words}>
        <h3 id={id} className={styles.title}>
          {title}
        </h3>
        <p className={styles.description}>{description}</p>
      </div>
      {children}
    </section>
  );
};

/** No save button: each choice is seen at once and can be taken back the same way. */
export const AppearancePage = () => {
  usePageTitle('Appearance');
  const preferences = usePreferences();
  const set = useSetPreferences();
  return (
    <>
      <Card title="Appearance" description="Applies at once and follows you to every browser." padding="none">
        <Row title="Theme" description="System follows the setting of this device.">
          <Segmented label="Theme" value={preferences.theme} options={THEMES} onChange={(theme) => set({ theme })} />
        </Row>
        <Row title="Accent" description="Buttons, focus and what is selected.">
          <AccentChoice value={preferences.accent} onChange={(accent) => set({ accent })} />
        </Row>
        <Row title="Density" description="Height of rows and controls.">
          <Segmented
            label="Density"
            value={preferences.density}
            options={DENSITIES}
            onChange={(density) => set({ density })}
          />
        </Row>
        <Row title="Font size" description="Of everything, the terminal included.">
          <Segmented
            label="Font size"
            value={preferences.fontSize}
            options={FONT_SIZES}
            onChange={(fontSize) => set({ fontSize })}
          />
        </Row>
        <Row title="Corners" description="How round cards and controls are.">
          <Segmented
            label="Corners"
            value={preferences.radius}
            options={RADII}
            onChange={(radius) => set({ radius })}
          />
        </Row>
        <Row title="Motion" description="Transitions and pulses.">
          <Segmented
            label="Motion"
            value={preferences.motion}
            options={MOTIONS}
            onChange={(motion) => set({ motion })}
          />
        </Row>
      </Card>
      <AppearancePreview />
    </>
  );
};
