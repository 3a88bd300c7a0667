import { inspect } from "node:util";
import { expect } from "vitest";
import type { Connection } from "../../src/index.js";

/**
 * Fails when one of the secrets is in something that a connection tells: itself, its facts, and what it has told otherwise
 * (events, statuses, errors), as inspected, as JSON, and as text.
 */
export function expectNoSecret(nc: Connection | undefined, told: unknown[], secrets: string[]): void {
  const things = nc === undefined ? told : [...told, nc, nc.health(), nc.stats(), nc.history, nc.lastError];
  if (nc !== undefined) things.push(nc.getServers(), nc.getServer(), nc.info, String(nc), nc.buffered);
  const texts = things.flatMap((thing) => [
    inspect(thing, { depth: 12, showHidden: true }),
    json(thing),
    thing instanceof Error ? `${thing.stack} ${thing.message} ${inspect(thing.cause)}` : "",
  ]);
  for (const secret of secrets)
    expect(
      texts.filter((text) => text.includes(secret) || text.includes(encodeURIComponent(secret))),
    ).toEqual([]);
}

function json(thing: unknown): string {
  const seen = new Set<unknown>();
  return (
    JSON.stringify(thing, (_, value) => {
      if (typeof value === "bigint") return String(value);
      if (typeof value !== "object" || value === null) return value;
      if (seen.has(value)) return "again";
      seen.add(value);
      return value instanceof Error ? { ...value, message: value.message, stack: value.stack } : value;
    }) ?? ""
  );
}
