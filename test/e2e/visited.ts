/** Every route of the dashboard and an address for it: what the suite visits at each size. */
export interface Places {
  nodeId: string;
  containerId: string;
  runId: string;
}

const TABS = ['overview', 'logs', 'shell', 'stats', 'env', 'mounts', 'networks', 'labels'];
const NODE_TABS = ['access', 'doctor', 'capabilities', 'history', 'activity'];
const ADD_WAYS = ['agent', 'ssh', 'once', 'push', 'import'];

/** By route path as in the dashboard's map. A route that is missing here fails an architecture test. */
export const VISITED: Record<string, (places: Places) => readonly string[]> = {
  '/': () => ['/'],
  '/setup': () => ['/setup'],
  '/login': () => ['/login'],
  '/nodes': () => ['/nodes', '/nodes?q=nothing-like-it'],
  '/nodes/$nodeId': ({ nodeId }) => [`/nodes/${nodeId}`, ...NODE_TABS.map((tab) => `/nodes/${nodeId}?tab=${tab}`)],
  '/nodes/add': () => ADD_WAYS.map((way) => `/nodes/add?way=${way}`),
  '/runs': () => ['/runs'],
  '/runs/new': ({ nodeId }) => ['/runs/new', `/runs/new?node=${nodeId}`],
  '/runs/$runId': ({ runId }) => [`/runs/${runId}`, `/runs/${runId}?group=output`, `/runs/${runId}?result=failed`],
  '/containers': () => ['/containers', '/containers?group=project', '/containers?q=nothing-like-it'],
  '/nodes/$nodeId/containers/$containerId': ({ nodeId, containerId }) =>
    TABS.map((tab) => `/nodes/${nodeId}/containers/${containerId}?tab=${tab}`),
  '/terminal': ({ nodeId }) => ['/terminal', `/terminal?node=${nodeId}`],
  '/settings': () => ['/settings'],
  '/settings/profile': () => ['/settings/profile'],
  '/settings/sessions': () => ['/settings/sessions'],
  '/settings/appearance': () => ['/settings/appearance'],
};
