import { z } from 'zod';

/** Appearance, kept per user on the server so that it follows them to the next browser. */
export const Preferences = z.strictObject({
  theme: z.enum(['dark', 'light', 'system']),
  accent: z.enum(['indigo', 'cyan', 'emerald', 'amber', 'rose']),
  density: z.enum(['comfortable', 'compact']),
  fontSize: z.enum(['small', 'medium', 'large']),
  radius: z.enum(['none', 'small', 'medium', 'large']),
  motion: z.enum(['system', 'reduced', 'full']),
});
export type Preferences = z.infer<typeof Preferences>;

export const DEFAULT_PREFERENCES: Preferences = {
  theme: 'dark',
  accent: 'indigo',
  density: 'comfortable',
  fontSize: 'medium',
  radius: 'medium',
  motion: 'system',
};
