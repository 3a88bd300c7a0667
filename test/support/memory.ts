import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";

setFlagsFromString("--expose-gc");
const collect = runInNewContext("gc") as () => void;

/** Bytes of buffers that are really held: what the last reads have left behind is collected first. */
export function heldBuffers(): number {
  collect();
  collect();
  return process.memoryUsage().arrayBuffers;
}

/** Bytes of heap and buffers that are really held, in the middle of something: how much garbage lies about is V8's affair, and differs by the work before. */
export function heldNow(): number {
  collect();
  const { heapUsed, arrayBuffers, external } = process.memoryUsage();
  return heapUsed + Math.max(arrayBuffers, external);
}

/** Bytes of JavaScript's heap that are really held, when nothing is done any more. */
export async function heldHeap(): Promise<number> {
  for (let i = 0; i < 4; i++) {
    // What ends with a turn of the event loop is held until then.
    await new Promise(setImmediate);
    collect();
  }
  return process.memoryUsage().heapUsed;
}
