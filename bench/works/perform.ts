import type { Run } from "../figures.js";
import type { WorkerJob } from "../processes/messages.js";
import type { Stage } from "./stage.js";

/** Does a work; only what it needs is loaded. */
export async function perform(job: WorkerJob, stage: Stage): Promise<Run> {
  const { work } = job;
  switch (work.kind) {
    case "publish":
      return (await import("./publish.js")).publish(work, job, stage);
    case "receive":
      return (await import("./receive.js")).receive(work, job, stage);
    case "handle":
      return (await import("./handle.js")).handle(work, job, stage);
    case "pass":
      return (await import("./pass.js")).pass(work, job, stage);
    case "request":
      return (await import("./request.js")).request(work, job, stage);
    case "confirm":
      return (await import("./confirm.js")).confirm(work, job, stage);
    case "resubscribe":
      return (await import("./resubscribe.js")).resubscribe(work, job, stage);
    case "replay":
      return (await import("./replay.js")).replay(work, job, stage);
    case "connections":
      return (await import("./connections.js")).connections(work, job, stage);
    case "outbox-always":
      return (await import("./outbox-always.js")).outboxAlways(work, job, stage);
    case "outbox-replay":
      return (await import("./outbox-replay.js")).outboxReplay(work, job, stage);
    case "outbox-idle":
      return (await import("./outbox-idle.js")).outboxIdle(work, job, stage);
    case "latency":
      return (await import("./latency.js")).latency(work, job, stage);
    case "doubling":
      return (await import("./doubling.js")).doubling(work, job, stage);
    case "recovery":
      throw new Error("a recovery is measured from outside");
  }
}
