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
