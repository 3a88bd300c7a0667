import { readSync } from "node:fs";

/**
 * The job of this process, as {@link Child} gave it. The process ends with its parent: a benchmark that was interrupted
 * leaves nobody behind who keeps the machine busy.
 */
export function takeJob<Job>(): Job {
  process.on("disconnect", () => process.exit());
  return JSON.parse(process.argv[2]) as Job;
}

/** Tells the parent; resolves when that is on its way. */
export function tell<Message extends object>(message: Message): Promise<void> {
  return new Promise((resolve) => process.send!(message, () => resolve()));
}

/** Blocks this process, its event loop with it, until the parent releases it; ends it if the parent is gone. */
export function untilReleased(): void {
  if (readSync(0, Buffer.alloc(1)) === 0) process.exit();
}
