import type { ReactNode } from 'react';

/** Explains its child on hover and focus. `TooltipLayer` draws it. */
export const Tooltip = ({ text, children }: { text: string; children: ReactNode }) => (
  <span data-tooltip={text}>{children}</span>
);
