import { parentPort } from "node:worker_threads";
import { runBatch, type Task } from "./batch.js";

/** A thread of a campaign, see `Threads`: does the tasks that it is sent, one behind the other. */
Error.stackTraceLimit = 0;
parentPort?.on("message", async (task: Task) => parentPort?.postMessage(await runBatch(task)));
