/**
 * What machines ask over plain HTTP with a credential of their own: heartbeats, jobs, reports. One builder, so that for all of
 * them the credential comes from the header alone, comes before the body, and alone says which node is meant.
 */
import type { NodeId } from '@serverbox/contract/ids';
import type { z } from 'zod';

/** What kind of credential a route takes; the other kind is refused there. */
export type CredentialKind = 'agent' | 'push';

export interface NodeCaller {
  node: { id: NodeId; name: string };
}

export interface NodeRequest<I> extends NodeCaller {
  input: I;
  ip: string;
  /** Aborts when the machine goes away. */
  signal: AbortSignal;
  /** For requests that are held open: whether the credential still holds. @throws AppError `unauthenticated` */
  confirm(): Promise<void>;
}

export interface NodeRoute<I extends z.ZodType = z.ZodType, O extends z.ZodType = z.ZodType> {
  kind: 'agent';
  credential: CredentialKind;
  method: 'GET' | 'POST';
  /** Hono's pattern. Path parameters and body together are the input; a query is never read. */
  path: `/${string}`;
  summary: string;
  /** A larger body is refused before it is read whole. */
  maxBodyBytes: number;
  input: I;
  output: O;
  serve(request: NodeRequest<z.output<I>>): Promise<z.output<O>>;
}

/** Keeps each route's own types while it is written and forgets them in the list. */
export const nodeRoute = <I extends z.ZodType, O extends z.ZodType>(route: Omit<NodeRoute<I, O>, 'kind'>): NodeRoute =>
  ({ ...route, kind: 'agent' }) as unknown as NodeRoute;
