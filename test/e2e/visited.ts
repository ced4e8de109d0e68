/** Every route of the dashboard and an address for it: what the suite visits at each size. */
export interface Places {
  nodeId: string;
  containerId: string;
}

const TABS = ['overview', 'logs', 'shell', 'stats', 'env', 'mounts', 'networks', 'labels'];

/** By route path as in the dashboard's map. A route that is missing here fails an architecture test. */
export const VISITED: Record<string, (places: Places) => readonly string[]> = {
  '/': () => ['/'],
  '/setup': () => ['/setup'],
  '/login': () => ['/login'],
  '/nodes': () => ['/nodes', '/nodes?q=nothing-like-it'],
  '/nodes/$nodeId': ({ nodeId }) => [`/nodes/${nodeId}`],
  '/containers': () => ['/containers', '/containers?group=project', '/containers?q=nothing-like-it'],
  '/nodes/$nodeId/containers/$containerId': ({ nodeId, containerId }) =>
    TABS.map((tab) => `/nodes/${nodeId}/containers/${containerId}?tab=${tab}`),
  '/terminal': ({ nodeId }) => ['/terminal', `/terminal?node=${nodeId}`],
  '/settings': () => ['/settings'],
  '/settings/profile': () => ['/settings/profile'],
  '/settings/sessions': () => ['/settings/sessions'],
  '/settings/appearance': () => ['/settings/appearance'],
};
