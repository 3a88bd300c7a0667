import { readdirSync } from "node:fs";
import { setImmediate } from "node:timers/promises";
import type { Reading } from "../figures.js";

/** What this process holds, after everything was collected that can be (with `--expose-gc`). Descriptors are 0 where there is no /proc. */
export async function read(): Promise<Reading> {
  // What the first collection finalizes, the next one frees; buffers go in a turn of their own.
  for (let round = 0; round < 3; round++) {
    globalThis.gc?.();
    await setImmediate();
  }
  const { heapUsed, external, rss } = process.memoryUsage();
  const resources = process.getActiveResourcesInfo();
  const count = (pattern: RegExp) => resources.filter((name) => pattern.test(name)).length;
  return {
    heap: heapUsed,
    external,
    rss,
    descriptors: descriptors(),
    timers: count(/^(Timeout|Immediate)$/),
    sockets: count(/^(TCPSocketWrap|TCPConnectWrap|TLSWrap)$/),
    handles: resources.length,
  };
}

function descriptors(): number {
  try {
    return readdirSync("/proc/self/fd").length;
  } catch {
    return 0;
  }
}
