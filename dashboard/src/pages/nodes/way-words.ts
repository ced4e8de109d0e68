import type { NodeWay, Way } from '@serverbox/contract/ways';
import { Bot, CloudUpload, KeyRound, Repeat } from 'lucide-react';
import type { Icon, Tone } from '../../ui/types.ts';

export const WAY_ICONS: Record<Way, Icon> = { agent: Bot, ssh: KeyRound, poll: Repeat, push: CloudUpload };

export const WAY_STATE_WORDS: Record<NodeWay['state'], string> = {
  up: 'Up',
  asleep: 'Asleep',
  down: 'Down',
  blocked: 'Waits for a decision',
};
export const WAY_TONES: Record<NodeWay['state'], Tone> = {
  up: 'success',
  asleep: 'neutral',
  down: 'warning',
  blocked: 'danger',
};
