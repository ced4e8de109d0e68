import type { RunSummary } from '@serverbox/contract/runs';
import { useInfiniteQuery } from '@tanstack/react-query';
import { linkOptions } from '@tanstack/react-router';
import { ListChecks, Plus } from 'lucide-react';
import { ButtonLink } from '../../components/page/ButtonLink.tsx';
import { PageHeader } from '../../components/page/PageHeader.tsx';
import { QueryError } from '../../components/page/QueryError.tsx';
import { useRowLink } from '../../hooks/use-row-link.ts';
import { useCan } from '../../hooks/use-viewer.ts';
import { useTRPC, useTRPCClient } from '../../lib/trpc.ts';
import { Button } from '../../ui/Button.tsx';
import { EmptyState } from '../../ui/EmptyState.tsx';
import { Table } from '../../ui/Table.tsx';
import { StaleNotice } from '../StaleNotice.tsx';
import { TableSkeleton } from '../TableSkeleton.tsx';
import { useRefreshOn } from '../use-refresh-on.ts';
import styles from './RunsPage.module.css';
import { RUN_COLUMNS } from './run-columns.tsx';
import { progressWords } from './run-words.ts';

const PAGE_SIZE = 50;
const linkOf = ({ id }: RunSummary) => linkOptions({ to: '/runs/$runId', params: { runId: id } });

const NewRunLink = () =>
  useCan('nodes.exec') ? (
    <ButtonLink variant="primary" icon={Plus} to="/runs/new">
      New command
    </ButtonLink>
  ) : (
    <Button variant="primary" icon={Plus} disabledReason="Your role does not include running commands.">
      New command
    </Button>
  );

const useRuns = () => {
  const trpc = useTRPC();
  const client = useTRPCClient();
  const queryKey = [...trpc.runs.list.queryKey(), 'pages'];
  const runs = useInfiniteQuery({
    queryKey,
    queryFn: ({ pageParam, signal }) =>
      client.runs.list.query({ limit: PAGE_SIZE, ...(pageParam === null ? {} : { cursor: pageParam }) }, { signal }),
    initialPageParam: null as string | null,
    getNextPageParam: (last) => last.nextCursor,
  });
  useRefreshOn(['runs'], [{ queryKey }]);
  return runs;
};

/** Fleet commands, newest first: those under way move by themselves. */
export const RunsPage = () => {
  const runs = useRuns();
  const rowLink = useRowLink(linkOf);
  const rows = runs.data?.pages.flatMap((page) => page.items) ?? [];
  return (
    <>
      <PageHeader title="Commands" actions={<NewRunLink />} />
      {runs.isPending && <TableSkeleton label="Loading the commands" />}
      {runs.isError && runs.data === undefined && (
        <QueryError
          size="page"
          what="the commands"
          error={runs.error}
          onRetry={() => runs.refetch()}
          isRetrying={runs.isFetching}
        />
      )}
      {runs.data !== undefined && (
        <>
          <StaleNotice query={runs} />
          <Table
            label="Commands"
            rows={rows}
            rowId={(run: RunSummary) => run.id}
            columns={RUN_COLUMNS}
            {...rowLink}
            changeKey={progressWords}
            rowHeight={52}
            empty={
              <EmptyState
                size="page"
                icon={ListChecks}
                title="No command yet"
                description="A fleet command runs one program or one short script on many nodes at once and shows what each of them answered."
                action={<NewRunLink />}
              />
            }
          />
          {runs.hasNextPage && (
            <div className={styles.more}>
              <Button size="sm" isBusy={runs.isFetchingNextPage} onClick={() => runs.fetchNextPage()}>
                Show older
              </Button>
            </div>
          )}
        </>
      )}
    </>
  );
};
