/**
 * Who is measured when: every round measures everybody once, each round begins with another one, and when everybody has
 * begun, the order is turned round, so that nobody always comes after the same neighbour.
 */
export function turns<T>(items: readonly T[], round: number): T[] {
  const from = round % items.length;
  const rotated = [...items.slice(from), ...items.slice(0, from)];
  // Not in every second round: with two items that would undo the rotation.
  return Math.floor(round / items.length) % 2 === 0 ? rotated : rotated.reverse();
}

/** Measures everybody `rounds` times, in turns; the results of each in the order of the rounds. */
export async function interleave<T, R>(
  items: readonly T[],
  rounds: number,
  measure: (item: T, round: number) => Promise<R>,
): Promise<Map<T, R[]>> {
  const results = new Map<T, R[]>(items.map((item) => [item, []]));
  for (let round = 0; round < rounds; round++) {
    for (const item of turns(items, round)) results.get(item)!.push(await measure(item, round));
  }
  return results;
}
