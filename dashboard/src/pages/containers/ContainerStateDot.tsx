import type { Container } from '@serverbox/contract/containers';
import { StatusDot } from '../../ui/StatusDot.tsx';
import { stateTone, stateWords } from './container-state.ts';

export const ContainerStateDot = ({ container }: { container: Pick<Container, 'state' | 'health' | 'exitCode'> }) => (
  <StatusDot tone={stateTone(container)} label={stateWords(container)} isPulsing={container.state === 'restarting'} />
);
