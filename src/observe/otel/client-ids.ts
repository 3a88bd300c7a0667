const taken = new Set<string>();

/**
 * A name for a connection that no other in the process has: its own, and a number behind it where that is taken. Two connections under one
 * name would write into the same series. The lowest number that is free, so that names do not become ever more.
 */
export function takeClientId(name: string): string {
  let id = name;
  for (let number = 2; taken.has(id); number++) id = `${name}-${number}`;
  taken.add(id);
  return id;
}

/** The connection is not told of any more. */
export function releaseClientId(id: string): void {
  taken.delete(id);
}
