/** All of them in their order; when they are too many, the first so many, those with troubles before the others. */
export function firstTroubled<T>(
  all: readonly T[],
  troubled: (one: T) => boolean,
  most: number,
): readonly T[] {
  if (all.length <= most) return all;
  return [...all.filter(troubled), ...all.filter((one) => !troubled(one))].slice(0, most);
}

/** Whether something is wrong with a component. */
export function isTroubled({
  unready,
  failing,
}: {
  readonly unready?: string;
  readonly failing?: string;
}): boolean {
  return unready !== undefined || failing !== undefined;
}
