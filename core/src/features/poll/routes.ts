import { Nothing } from '@serverbox/contract/nothing';
import {
  HeartbeatInput,
  HeartbeatReply,
  JobAnswer,
  JobCompleteInput,
  JobOutputInput,
  MAX_HEARTBEAT_BYTES,
  MAX_OUTPUT_BYTES,
  PendingReply,
} from '@serverbox/contract/poll';
import { nodeRoute } from '../../middleware/node-routes.ts';
import type { Poll } from './service.ts';

const JOB = '/api/jobs/:jobId' as const;
const MAX_SMALL_BYTES = 4096;

export const createPollRoutes = (poll: Poll) => [
  nodeRoute({
    credential: 'agent',
    method: 'POST',
    path: '/api/nodes/heartbeat',
    summary: 'An agent without a link sends its samples; answered once they are durable',
    maxBodyBytes: MAX_HEARTBEAT_BYTES,
    input: HeartbeatInput,
    output: HeartbeatReply,
    serve: (request) => poll.heartbeat(request, request.input),
  }),
  nodeRoute({
    credential: 'agent',
    method: 'GET',
    path: '/api/jobs/pending',
    summary: 'An agent without a link asks for a job; held open until there is one',
    maxBodyBytes: 0,
    input: Nothing,
    output: PendingReply,
    serve: (request) => poll.pending(request),
  }),
  nodeRoute({
    credential: 'agent',
    method: 'POST',
    path: `${JOB}/output`,
    summary: 'What a job of this node has written so far',
    maxBodyBytes: MAX_OUTPUT_BYTES,
    input: JobOutputInput,
    output: JobAnswer,
    serve: ({ node, input }) => poll.output(node.id, input),
  }),
  nodeRoute({
    credential: 'agent',
    method: 'POST',
    path: `${JOB}/complete`,
    summary: 'How a job of this node ended',
    maxBodyBytes: MAX_SMALL_BYTES,
    input: JobCompleteInput,
    output: JobAnswer,
    serve: ({ node, input }) => poll.complete(node.id, input),
  }),
];
