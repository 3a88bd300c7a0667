import type { World } from "../sim/world.js";

/** A turn of the real event loop: all promises and ticks that can run have run when it is over. */
export function turn(): Promise<void> {
  return new Promise((resolve) => {
    setImmediate(resolve);
  });
}

/** Lets the next thing happen in a world, and then all that follows from it in the client; false when nothing is left. */
export async function stepWithTurn(world: World): Promise<boolean> {
  if (!world.step()) return false;
  if (world.clientRan) await turn();
  return true;
}
