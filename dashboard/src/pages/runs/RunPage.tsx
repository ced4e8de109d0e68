import type { RunResult } from '@serverbox/contract/run-results';
import { RUN_RESULTS, runResultOf } from '@serverbox/contract/run-results';
import type { Run, RunId } from '@serverbox/contract/runs';
import { useQuery } from '@tanstack/react-query';
import { getRouteApi } from '@tanstack/react-router';
import { Layers, SearchX } from 'lucide-react';
import { PageHeader } from '../../components/page/PageHeader.tsx';
import { QueryError } from '../../components/page/QueryError.tsx';
import { useCrumb } from '../../hooks/use-crumb.ts';
import { useTRPC } from '../../lib/trpc.ts';
import { Button } from '../../ui/Button.tsx';
import { Chip } from '../../ui/Chip.tsx';
import { EmptyState } from '../../ui/EmptyState.tsx';
import { IconButton } from '../../ui/IconButton.tsx';
import { Skeleton } from '../../ui/Skeleton.tsx';
import { StaleNotice } from '../StaleNotice.tsx';
import { useRefreshOn } from '../use-refresh-on.ts';
import { RunHeader } from './RunHeader.tsx';
import styles from './RunPage.module.css';
import { RunResults } from './RunResults.tsx';
import { commandLine, RESULT_WORDS } from './run-words.ts';
import type { RunSearch } from './search.ts';

/** Only while it runs: the events of a run that ended on another core may be late. */
const REFRESH_MS = 5000;
const route = getRouteApi('/app/runs/$runId');

export const RunPage = () => {
  const trpc = useTRPC();
  // The core checks the id, and answers for one that never was.
  const target = { runId: route.useParams().runId as RunId };
  const run = useQuery(
    trpc.runs.get.queryOptions(target, {
      refetchInterval: ({ state }) => (state.data?.endedAt === null ? REFRESH_MS : false),
    }),
  );
  useRefreshOn(
    ['runs'],
    [trpc.runs.get.queryFilter(target)],
    (event) => event.type !== 'run' || event.runId === target.runId,
  );
  useCrumb(run.data && commandLine(run.data.command));

  if (run.data !== undefined) {
    return (
      <>
        <StaleNotice query={run} />
        <RunView run={run.data} />
      </>
    );
  }
  return run.isError ? (
    <>
      <PageHeader title="Command" />
      <QueryError
        size="page"
        what="this command"
        error={run.error}
        onRetry={() => run.refetch()}
        isRetrying={run.isFetching}
      />
    </>
  ) : (
    <div aria-busy="true" role="status" aria-label="Loading the command">
      <PageHeader title={<Skeleton width={220} height={28} />} documentTitle="Command" />
      <div className={styles.grid}>
        <Skeleton shape="block" height={180} />
        <Skeleton shape="block" height={180} />
      </div>
    </div>
  );
};

const RunView = ({ run }: { run: Run }) => {
  const search = route.useSearch();
  const navigate = route.useNavigate();
  const shown = run.targets.filter((target) => search.result === undefined || runResultOf(target) === search.result);
  const results = RUN_RESULTS.filter((result) => run.counts[result] > 0 || result === search.result);
  const change = (next: Partial<Record<keyof RunSearch, string | undefined>>) =>
    navigate({ search: (old) => ({ ...old, ...next }) as RunSearch, replace: true });
  const show = (result: RunResult | undefined) => change({ result });
  const isGrouped = search.group === 'output';
  return (
    <>
      <RunHeader run={run} />
      <div className={styles.bar}>
        <div className={styles.filters} role="toolbar" aria-label="Outcome">
          <Chip
            label="All"
            count={run.targets.length}
            isPressed={search.result === undefined}
            onClick={() => show(undefined)}
          />
          {results.map((result) => (
            <Chip
              key={result}
              label={RESULT_WORDS[result]}
              count={run.counts[result]}
              isPressed={search.result === result}
              onClick={() => show(result)}
            />
          ))}
        </div>
        <IconButton
          label="Group the same output"
          icon={Layers}
          size="sm"
          isPressed={isGrouped}
          onClick={() => change({ group: isGrouped ? undefined : 'output' })}
        />
      </div>
      {shown.length === 0 ? (
        <EmptyState
          icon={SearchX}
          title="No node ended like this"
          action={<Button onClick={() => show(undefined)}>Show all nodes</Button>}
        />
      ) : (
        <RunResults runId={run.id} targets={shown} isGrouped={isGrouped} />
      )}
    </>
  );
};
