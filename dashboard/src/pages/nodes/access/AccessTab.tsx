import type { NodeDetail } from '@serverbox/contract/nodes';
import { useCan } from '../../../hooks/use-viewer.ts';
import { Notice } from '../../../ui/Notice.tsx';
import styles from './AccessTab.module.css';
import { AgentCard } from './AgentCard.tsx';
import { SshCard } from './SshCard.tsx';
import { WaysCard } from './WaysCard.tsx';

/** How the node is reached: the ladder of its ways, SSH access, and the agent. */
export const AccessTab = ({ node }: { node: NodeDetail }) => {
  const mayAccess = useCan('nodes.access');
  return (
    <div className={styles.tab}>
      <WaysCard node={node} />
      {mayAccess ? (
        <>
          <SshCard node={node} />
          <AgentCard node={node} />
        </>
      ) : (
        <Notice tone="warning">Your role does not include seeing or changing how nodes are reached.</Notice>
      )}
    </div>
  );
};
