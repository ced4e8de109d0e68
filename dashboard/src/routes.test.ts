import type { AppRouter } from '@serverbox/core/router';
import { QueryClient } from '@tanstack/react-query';
import { createTRPCClient } from '@trpc/client';
import { createTRPCOptionsProxy } from '@trpc/tanstack-react-query';
import { expect, test } from 'vitest';
import { createAppRouter } from './routes.tsx';

test('the map of the product', () => {
  const queryClient = new QueryClient();
  const client = createTRPCClient<AppRouter>({ links: [] });
  const router = createAppRouter({ queryClient, trpc: createTRPCOptionsProxy({ client, queryClient }) });
  expect(Object.keys(router.routesByPath).sort()).toMatchInlineSnapshot(`
    [
      "/",
      "/containers",
      "/login",
      "/nodes",
      "/nodes/$nodeId",
      "/nodes/$nodeId/containers/$containerId",
      "/nodes/add",
      "/runs",
      "/runs/$runId",
      "/runs/new",
      "/settings",
      "/settings/appearance",
      "/settings/profile",
      "/settings/sessions",
      "/setup",
      "/terminal",
    ]
  `);
});
