import { getRouteApi } from '@tanstack/react-router';
import { PageHeader } from '../../../components/page/PageHeader.tsx';
import { useCan } from '../../../hooks/use-viewer.ts';
import { Card } from '../../../ui/Card.tsx';
import { Notice } from '../../../ui/Notice.tsx';
import type { AddWay } from '../search.ts';
import { AddByAgent } from './AddByAgent.tsx';
import { AddByPush } from './AddByPush.tsx';
import { AddBySsh } from './AddBySsh.tsx';
import styles from './AddNodePage.module.css';
import { ImportHosts } from './ImportHosts.tsx';
import { ADD_WORDS, WayChoice } from './WayChoice.tsx';
import { WayTable } from './WayTable.tsx';

const route = getRouteApi('/app/nodes/add');

const Form = ({ way }: { way: AddWay }) => {
  switch (way) {
    case 'agent':
      return <AddByAgent />;
    case 'ssh':
      return <AddBySsh key="ssh" isOnce={false} />;
    case 'once':
      return <AddBySsh key="once" isOnce />;
    case 'push':
      return <AddByPush />;
    case 'import':
      return <ImportHosts />;
  }
};

/** How a machine becomes a node: the ways side by side, then what the chosen one needs. */
export const AddNodePage = () => {
  const { way = 'agent' } = route.useSearch();
  const navigate = route.useNavigate();
  const mayManage = useCan('nodes.manage');
  return (
    <>
      <PageHeader
        title="Add node"
        description="A machine can have several ways at once: the best one that is up is used."
      />
      {mayManage ? (
        <div className={styles.page}>
          <WayChoice value={way} onChange={(next) => navigate({ search: { way: next }, replace: true })} />
          <div className={styles.columns}>
            <Card title={ADD_WORDS[way].title} description={ADD_WORDS[way].needs}>
              <Form key={way} way={way} />
            </Card>
            <WayTable />
          </div>
        </div>
      ) : (
        <Notice tone="warning">Your role does not include adding nodes. An administrator can grant it.</Notice>
      )}
    </>
  );
};
