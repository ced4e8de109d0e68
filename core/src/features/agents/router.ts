import { ChallengeReply, EnrollReply, EnrollRequest } from '@serverbox/contract/wire';
import { z } from 'zod';
import type { Procedures } from '../../middleware/procedures.ts';
import { router } from '../../middleware/procedures.ts';
import type { Agents } from './service.ts';

/** Hex of 32 bytes, drawn by the agent. A fixed form, so that nothing else can ever be presented for a signature. */
const ChallengeInput = z.strictObject({ nonce: z.string().regex(/^[0-9a-f]{64}$/, 'is not 64 hex digits') });

/** Both are open: an agent that is about to enrol has no account, and the token or the signature is the whole proof. */
export const createAgentsRouter = ({ open }: Procedures, agents: Agents) =>
  router({
    challenge: open({
      input: ChallengeInput,
      output: ChallengeReply,
      rest: { method: 'GET', path: '/api/agent/challenge', summary: 'Make this core prove its key to an agent' },
    }).query(({ input }) => agents.answerChallenge(input.nonce)),
    enroll: open({
      input: EnrollRequest,
      output: EnrollReply,
      rest: { method: 'POST', path: '/api/agent/enroll', summary: 'Enrol a machine with a one-time token' },
    }).mutation(({ ctx, input }) => agents.enroll(input, { ip: ctx.ip })),
  });
