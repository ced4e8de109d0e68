import { useQuery } from '@tanstack/react-query';
import { Plus, Server } from 'lucide-react';
import { ButtonLink } from '../components/page/ButtonLink.tsx';
import { useTRPC } from '../lib/trpc.ts';
import { EmptyState } from '../ui/EmptyState.tsx';

/** A fleet of none: either this machine comes by itself, or somebody has to add the first one. */
export const NoNodes = () => {
  const trpc = useTRPC();
  const overview = useQuery(trpc.overview.get.queryOptions());
  const isComing = overview.data?.hasLocalNode !== false;
  return (
    <EmptyState
      size="page"
      icon={Server}
      title={isComing ? 'This machine is being connected' : 'No nodes yet'}
      description={
        isComing
          ? 'Server Box starts its agent on this machine and shows it here within seconds.'
          : 'A node is a server that Server Box watches and operates: by its agent, by SSH, or by what a script reports.'
      }
      action={
        <ButtonLink variant={isComing ? 'secondary' : 'primary'} icon={Plus} to="/nodes/add">
          {isComing ? 'Add another machine' : 'Add the first node'}
        </ButtonLink>
      }
    />
  );
};
