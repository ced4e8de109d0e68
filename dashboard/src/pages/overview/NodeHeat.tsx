import type { NodeSummary } from '@serverbox/contract/nodes';
import type { KeyboardEvent } from 'react';
import { useRef, useState } from 'react';
import { HeatCell } from '../../components/charts/HeatCell.tsx';
import { Card } from '../../ui/Card.tsx';
import { arrowTarget } from './arrow-target.ts';
import styles from './NodeHeat.module.css';

/** From so many nodes on cells show colours only, and the grid takes the whole width. */
export const MANY_NODES = 13;

const STEPS = [
  { heat: 1, words: 'below 25 %' },
  { heat: 2, words: 'to 50 %' },
  { heat: 3, words: 'to 80 %' },
  { heat: 4, words: 'to 92 %' },
  { heat: 5, words: 'above' },
  { heat: 0, words: 'unknown' },
] as const;

const Legend = () => (
  <ul className={styles.legend} aria-label="Legend">
    {STEPS.map(({ heat, words }) => (
      <li key={heat} className={styles.step}>
        <span className={styles.swatch} data-heat={heat} aria-hidden="true" />
        {words}
      </li>
    ))}
  </ul>
);

/** Every node at a glance: a hundred of them fit on one screen. One stop for Tab; arrows go from cell to cell. */
export const NodeHeat = ({ nodes }: { nodes: readonly NodeSummary[] }) => {
  const grid = useRef<HTMLUListElement>(null);
  const [active, setActive] = useState(0);
  const isDense = nodes.length >= MANY_NODES;
  const move = (event: KeyboardEvent) => {
    const cells = [...(grid.current?.querySelectorAll<HTMLElement>('a') ?? [])];
    const next = arrowTarget(
      event.key,
      cells.indexOf(document.activeElement as HTMLElement),
      cells.map((cell) => ({ left: cell.offsetLeft, top: cell.offsetTop })),
    );
    if (next === undefined) return;
    event.preventDefault();
    setActive(next);
    cells[next]?.focus();
  };
  return (
    <Card title="Nodes" description="CPU, memory and disk of each; the fuller, the warmer" actions={<Legend />}>
      <ul ref={grid} className={styles.grid} data-dense={isDense || undefined} onKeyDown={move}>
        {nodes.map((node, index) => (
          <li key={node.id}>
            <HeatCell node={node} isDense={isDense} tabIndex={index === Math.min(active, nodes.length - 1) ? 0 : -1} />
          </li>
        ))}
      </ul>
    </Card>
  );
};
