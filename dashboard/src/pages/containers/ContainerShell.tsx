import type { ContainerDetail } from '@serverbox/contract/containers';
import { SquareTerminal } from 'lucide-react';
import { TerminalView } from '../../components/terminal/TerminalView.tsx';
import { useCan } from '../../hooks/use-viewer.ts';
import { EmptyState } from '../../ui/EmptyState.tsx';
import styles from './ContainerPage.module.css';

/** A shell inside the container. It stays as it is when the container stops, so that its last words can be read. */
export const ContainerShell = ({ detail }: { detail: ContainerDetail }) => {
  const isPermitted = useCan('containers.exec');
  if (!isPermitted || detail.state !== 'running') {
    return (
      <EmptyState
        size="page"
        icon={SquareTerminal}
        title={isPermitted ? 'The container does not run' : 'Not permitted'}
        description={
          isPermitted
            ? `A shell needs a running container; ${detail.name} is ${detail.state}. Start it, then come back.`
            : 'Your role does not include shells in containers.'
        }
      />
    );
  }
  return (
    <div className={styles.shell}>
      <TerminalView
        target={{ nodeId: detail.nodeId, nodeName: detail.nodeName, container: { id: detail.id, name: detail.name } }}
      />
    </div>
  );
};
