/** Reads the whole privilege surface off the router, for the snapshot, the generated documents and REST. */
import type { AnyRouter } from '@trpc/server';
import type { ProcedureMeta } from './procedures.ts';

export interface DescribedProcedure {
  /** Dotted, e.g. `docker.containers.restart`. */
  path: string;
  type: 'query' | 'mutation';
  meta: ProcedureMeta;
}

interface ProcedureDef {
  _def: { type: string; meta: unknown };
}

/** Every procedure by path. @throws Error for one that was not made by the builders: there is no raw procedure. */
export const listProcedures = (router: AnyRouter): DescribedProcedure[] =>
  Object.entries(router._def.procedures as Record<string, ProcedureDef>)
    .map(([path, { _def }]) => {
      const meta = _def.meta as ProcedureMeta | undefined;
      if (meta === undefined || (_def.type !== 'query' && _def.type !== 'mutation')) {
        throw new Error(`${path} was not made by open, read or act`);
      }
      return { path, type: _def.type as 'query' | 'mutation', meta };
    })
    .sort((a, b) => a.path.localeCompare(b.path));
