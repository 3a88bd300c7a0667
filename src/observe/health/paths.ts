import type { Question } from "./answers.js";

/** What each path asks for. */
export const QUESTIONS: ReadonlyMap<string, Question> = new Map<string, Question>([
  ["/health", "health"],
  ["/healthz", "health"],
  ["/health/live", "live"],
  ["/livez", "live"],
  ["/health/ready", "ready"],
  ["/readyz", "ready"],
  ["/health/nats", "nats"],
]);
