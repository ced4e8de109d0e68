import type { Activity } from '@serverbox/contract/nodes';
import { History } from 'lucide-react';
import { Card } from '../../ui/Card.tsx';
import { EmptyState } from '../../ui/EmptyState.tsx';
import { ActivityTimeline } from '../nodes/ActivityTimeline.tsx';

const MOST_SHOWN = 12;

export const RecentActivity = ({ items, hasNode }: { items: readonly Activity[]; hasNode: boolean }) => (
  <Card title="Recent activity">
    {items.length === 0 ? (
      <EmptyState
        size="card"
        icon={History}
        title="Quiet so far"
        description="Starts, stops, shells and changes of nodes and containers appear here as they happen."
      />
    ) : (
      <ActivityTimeline items={items.slice(0, MOST_SHOWN)} hasNode={hasNode} />
    )}
  </Card>
);
