import type { ContainerList } from '@serverbox/contract/containers';
import { cleanup, fireEvent, render, screen } from '@testing-library/react';
import { afterEach, expect, test, vi } from 'vitest';
import { ContainersEmpty } from './ContainersEmpty.tsx';

afterEach(cleanup);

const aList = (list: Partial<ContainerList>): ContainerList => ({ items: [], problems: [], nextCursor: null, ...list });
const aProblem = { nodeId: 'n', nodeName: 'atlas', code: 'docker_unavailable', message: 'The socket is not there.' };

test('a node without Docker is named with its reason, and never shown as one without containers', () => {
  render(
    <ContainersEmpty list={aList({ problems: [aProblem as ContainerList['problems'][number]] })} onShowAll={vi.fn()} />,
  );
  expect(screen.getByText('No Docker found')).toBeTruthy();
  expect(screen.getByRole('listitem').textContent).toBe('atlas: The socket is not there.');
});

test('Docker without containers is another nothing', () => {
  render(<ContainersEmpty list={aList({})} onShowAll={vi.fn()} />);
  expect(screen.getByText('No containers yet')).toBeTruthy();
});

test('containers that are only filtered away can be shown again', () => {
  const onShowAll = vi.fn();
  render(<ContainersEmpty list={aList({ items: [{} as ContainerList['items'][number]] })} onShowAll={onShowAll} />);
  fireEvent.click(screen.getByRole('button', { name: 'Show all containers' }));
  expect(onShowAll).toHaveBeenCalledTimes(1);
});
