import { workerData } from "node:worker_threads";
import type { Trigger } from "../trigger.js";

/**
 * A thread that kills its process, so many microseconds after it was told to: the main thread may be in the middle of anything then, in native code as well,
 * which nobody from outside can aim at.
 */
const { shared, micros } = workerData as Trigger;
const flag = new Int32Array(shared);
Atomics.wait(flag, 0, 0);
const end = process.hrtime.bigint() + BigInt(micros) * 1_000n;
while (process.hrtime.bigint() < end);
process.kill(process.pid, "SIGKILL");
