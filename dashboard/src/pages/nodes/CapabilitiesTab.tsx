import type { NodeDetail } from '@serverbox/contract/nodes';
import { CAPABILITIES, WAY_NAMES } from '@serverbox/contract/ways';
import { Check, Minus } from 'lucide-react';
import { Card } from '../../ui/Card.tsx';
import styles from './CapabilitiesTab.module.css';

/** What works on this node now, by the way in use and by its owner's policy; where it does not, why. */
export const CapabilitiesTab = ({ node }: { node: NodeDetail }) => {
  const can = node.capabilities.filter((each) => each.can).length;
  return (
    <Card
      title="What works here"
      description={`${can} of ${node.capabilities.length}${node.via === null ? '' : `, ${WAY_NAMES[node.via]}`}`}
      padding="none"
    >
      <table className={styles.table}>
        <thead className={styles.head}>
          <tr>
            <th scope="col">Works</th>
            <th scope="col">Capability</th>
            <th scope="col">Why not</th>
          </tr>
        </thead>
        <tbody>
          {node.capabilities.map(({ capability, can: isThere, because }) => (
            <tr key={capability} data-can={isThere || undefined}>
              <td className={styles.mark}>
                {isThere ? (
                  <Check size={16} role="img" aria-label="Works" />
                ) : (
                  <Minus size={16} role="img" aria-label="Does not work" />
                )}
              </td>
              <th scope="row">{CAPABILITIES[capability]}</th>
              <td className={styles.because}>{because}</td>
            </tr>
          ))}
        </tbody>
      </table>
    </Card>
  );
};
