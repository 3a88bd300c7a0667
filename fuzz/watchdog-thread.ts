import { writeSync } from "node:fs";
import { parentPort, workerData } from "node:worker_threads";
import { Slot, type Watched } from "./watchdog.js";

const { state, patience } = workerData as { state: Int32Array; patience: number };
const LOOK = 200;
let watched: Watched | undefined;
let beats = state[Slot.Beats];
let since = performance.now();

parentPort!.on("message", (next: Watched) => {
  watched = next;
});

setInterval(() => {
  if (state[Slot.Idle] === 1 || state[Slot.Beats] !== beats) {
    beats = state[Slot.Beats];
    since = performance.now();
  } else if (watched !== undefined && performance.now() - since >= patience) {
    const command = watched.counted ? `${watched.command} ${state[Slot.Run]}` : watched.command;
    // The other thread is stuck: its streams are of no use, and nothing can be asked of it.
    writeSync(2, `\none run takes more than ${patience} ms; to see it again: ${command}\n`);
    process.kill(process.pid, "SIGKILL");
  }
}, LOOK);
