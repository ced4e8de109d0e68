import { ALL_CAPABILITIES, CAPABILITIES, WAY_CAPABILITIES, WAY_NAMES, WAYS } from '@serverbox/contract/ways';
import { Check, Minus } from 'lucide-react';
import { Card } from '../../../ui/Card.tsx';
import styles from './WayTable.module.css';

/** What works through which way: the same table that the core answers by. */
export const WayTable = () => (
  <Card title="What works through which way" padding="none">
    <table className={styles.table}>
      <thead>
        <tr>
          <th scope="col">
            <span className={styles.hidden}>Capability</span>
          </th>
          {WAYS.map((way) => (
            <th key={way} scope="col">
              {WAY_NAMES[way]}
            </th>
          ))}
        </tr>
      </thead>
      <tbody>
        {ALL_CAPABILITIES.map((capability) => (
          <tr key={capability}>
            <th scope="row">{CAPABILITIES[capability]}</th>
            {WAYS.map((way) => {
              const reason = WAY_CAPABILITIES[way][capability];
              const IconOf = reason === null ? Check : Minus;
              return (
                <td key={way} data-can={reason === null || undefined} data-tooltip={reason ?? undefined}>
                  <IconOf size={15} aria-hidden="true" />
                  <span className={styles.hidden}>{reason ?? 'Works'}</span>
                </td>
              );
            })}
          </tr>
        ))}
      </tbody>
    </table>
  </Card>
);
