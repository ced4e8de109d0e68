import type { Sort } from '../ui/table-types.ts';

/** The order of a table from the address (`cpu.desc`). */
export const sortFromParam = (param: string | undefined, fallback: Sort): Sort => {
  const [column, direction] = param?.split('.') ?? [];
  return column === undefined ? fallback : { column, direction: direction === 'desc' ? 'desc' : 'asc' };
};
export const sortToParam = ({ column, direction }: Sort): string => `${column}.${direction}`;

/** Hidden columns from the address (`image,ports`). Absent means the page's own choice, `none` that nothing is hidden. */
export const hiddenFromParam = (param: string | undefined, fallback: readonly string[]): readonly string[] =>
  param === undefined ? fallback : param.split(',').filter((id) => id !== 'none');
export const hiddenToParam = (ids: readonly string[]): string => (ids.length === 0 ? 'none' : ids.join(','));
