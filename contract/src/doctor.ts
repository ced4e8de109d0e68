/** The connection doctor: each hop between the core and what it wants of a node, with the sentence that mends it. */
import { z } from 'zod';
import { NodeId } from './ids.ts';
import { Way } from './ways.ts';

/** In the order in which a connection meets them. */
export const DOCTOR_HOPS = [
  'dns',
  'tcp',
  'tls',
  'upgrade',
  'jump',
  'host_key',
  'auth',
  'token',
  'clock',
  'user',
  'shell',
  'docker_socket',
  'docker',
  'compose',
  'agent',
] as const;

/** `skipped`: an earlier hop failed, or this way does not have it. */
export const DoctorHop = z.object({
  hop: z.enum(DOCTOR_HOPS),
  way: Way,
  result: z.enum(['ok', 'warning', 'failed', 'skipped']),
  text: z.string(), // what was seen: "sshd answers on 10.0.0.5:22: OpenSSH_9.2"
  advice: z.string().nullable(), // what to do; never null when it failed
  tookMs: z.number().nullable(),
});
export type DoctorHop = z.infer<typeof DoctorHop>;
export const DoctorReport = z.object({
  nodeId: NodeId,
  at: z.iso.datetime(),
  hops: z.array(DoctorHop),
  verdict: z.string(), // one sentence: "All well by SSH" or the first failure
});
export type DoctorReport = z.infer<typeof DoctorReport>;
export const DoctorInput = z.strictObject({ nodeId: NodeId });
