import { OPERATIONS } from "./operations.js";
import { IDLE_ARMS, type Work } from "./work.js";

/** The steps that a work yields figures of and that targets may be about. */
export function stepsOf(work: Work): readonly string[] {
  if (work.kind === "doubling") return [...OPERATIONS.keys()];
  return work.kind === "outbox-idle" ? IDLE_ARMS : [work.step ?? ""];
}
