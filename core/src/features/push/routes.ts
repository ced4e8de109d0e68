import { Done } from '@serverbox/contract/nothing';
import { MAX_PUSH_BYTES, PushReport } from '@serverbox/contract/push';
import { nodeRoute } from '../../middleware/node-routes.ts';
import type { Push } from './service.ts';

export const createPushRoutes = (push: Push) => [
  nodeRoute({
    credential: 'push',
    method: 'POST',
    path: '/api/agents/docker/report',
    summary: 'The push script reports the containers of its machine',
    maxBodyBytes: MAX_PUSH_BYTES,
    input: PushReport,
    output: Done,
    serve: async ({ node, input, ip }) => {
      await push.report({ node }, input, ip);
      return {};
    },
  }),
];
