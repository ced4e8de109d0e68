/** Which cell of a wrapping grid an arrow leads to. Pure: the places of the cells say how many stand in a row. */
interface Place {
  left: number;
  top: number;
}

export const arrowTarget = (key: string, from: number, places: readonly Place[]): number | undefined => {
  const here = places[from];
  if (here === undefined) return undefined;
  const isThere = (index: number) => (places[index] === undefined ? undefined : index);
  switch (key) {
    case 'ArrowRight':
      return isThere(from + 1);
    case 'ArrowLeft':
      return isThere(from - 1);
    case 'ArrowDown':
      return isThere(places.findIndex(({ left, top }) => left === here.left && top > here.top));
    case 'ArrowUp':
      return isThere(places.findLastIndex(({ left, top }) => left === here.left && top < here.top));
    case 'Home':
      return isThere(0);
    case 'End':
      return isThere(places.length - 1);
    default:
      return undefined;
  }
};
