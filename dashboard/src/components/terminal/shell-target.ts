/** Which shell: one on a node, or one in a container of it. */
export interface ShellTarget {
  nodeId: string;
  nodeName: string;
  container: { id: string; name: string } | null;
}

export const nameOfTarget = ({ nodeName, container }: ShellTarget): string =>
  container === null ? nodeName : `${container.name} on ${nodeName}`;

export interface TerminalSize {
  cols: number;
  rows: number;
}

/** Where the shell is opened. `origin` is the page's own: cookies go nowhere else. */
export const socketAddress = (target: ShellTarget, size: TerminalSize, origin: string): string => {
  const path =
    target.container === null
      ? `/api/nodes/${target.nodeId}/terminal`
      : `/api/nodes/${target.nodeId}/containers/${target.container.id}/exec`;
  const url = new URL(path, origin);
  url.protocol = url.protocol === 'https:' ? 'wss:' : 'ws:';
  url.searchParams.set('cols', String(size.cols));
  url.searchParams.set('rows', String(size.rows));
  return url.href;
};
