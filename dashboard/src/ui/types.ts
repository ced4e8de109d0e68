import type { LucideIcon } from 'lucide-react';

export type Icon = LucideIcon;
export type Tone = 'neutral' | 'accent' | 'success' | 'warning' | 'danger' | 'info';
