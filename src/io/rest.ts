import type { ChunkPool } from "../wire/chunk.js";
import type { Clock } from "./clock.js";

/** ms after which chunks that were not needed meanwhile are let go of. */
const NEEDLESS = 50;

/** Pools that will be looked at. */
const watched = new WeakSet<ChunkPool>();

/**
 * Sees to it that a pool does not keep for ever what a burst has left behind: 80 KiB each, for all connections of the process. To be
 * called when something may have come back to it; an idle process is woken for it no more than a few times.
 */
export function letRest(chunks: ChunkPool, clock: Clock): void {
  if (!chunks.isLarge || watched.has(chunks)) return;
  watched.add(chunks);
  const timer = clock.setTimeout(() => {
    watched.delete(chunks);
    chunks.rest();
    letRest(chunks, clock);
  }, NEEDLESS);
  // Nobody waits for it: the process may end before.
  (timer as { unref?(): void }).unref?.();
}
