import { SECOND_KILL, type Step, YOUNG_LINK } from "./schedule.js";

/** Seconds as they are said: "1.5 s". */
function seconds(ms: number): string {
  return `${(ms / 1000).toFixed(1)} s`;
}

/** A step in a few words, for a column of a table. */
export function nameStep({ fault, target, young }: Pick<Step, "fault" | "target" | "young">): string {
  switch (fault) {
    case "kill":
      if (target === "subscriber") return "kill, subscriber";
      if (target === "idle") return "kill, unused node";
      return young ? "kill, young link" : "kill";
    case "term":
      return "SIGTERM";
    case "freeze":
      return "freeze";
    case "double-kill":
      return "two kills";
    case "hang":
      return "kill, next hangs";
    case "all-down":
      return "all nodes down";
    case "slow":
      return "slow subscriber";
  }
}

/** One line of plain words about a step, for the announcements. */
export function describeStep({ fault, target, down, young }: Step): string {
  const back = `back after ${seconds(down)}`;
  switch (fault) {
    case "kill":
      if (target === "subscriber") return `SIGKILL the subscriber's node, ${back}`;
      if (target === "idle") return `SIGKILL a node nobody uses, ${back}`;
      return young
        ? `SIGKILL the publisher's new node, its link ${YOUNG_LINK / 1000} s old, ${back}`
        : `SIGKILL the publisher's node, ${back}`;
    case "term":
      return `SIGTERM the publisher's node, ${back}`;
    case "freeze":
      return `SIGSTOP the publisher's node, SIGCONT after ${seconds(down)}`;
    case "double-kill":
      return `SIGKILL the publisher's node, ${seconds(SECOND_KILL)} later the next, ${back}`;
    case "hang":
      return `SIGKILL the publisher's node, the next one hangs, ${back}`;
    case "all-down":
      return `SIGKILL all three nodes at once, ${back}`;
    case "slow":
      return `a slow subscriber, for ${seconds(down)}`;
  }
}

/** What has just been done to the nodes, for the notes of a run. */
export function tellStrike({ fault, target, down, young }: Step, names: string): string {
  const how = `for ${seconds(down)}`;
  switch (fault) {
    case "kill":
      if (target === "subscriber") return `${names} killed, the subscriber's node, ${how}`;
      if (target === "idle") return `${names} killed, nobody was on it, ${how}`;
      return young
        ? `${names} killed, the publisher had just arrived there, ${how}`
        : `${names} killed, the publisher's node, ${how}`;
    case "term":
      return `${names} terminated, the publisher's node, ${how}`;
    case "freeze":
      return `${names} frozen, the publisher's node, ${how}`;
    case "double-kill":
      return `${names} killed, the publisher's node`;
    case "hang":
      return `${names} killed, the publisher's node, ${how}`;
    case "all-down":
      return `all three nodes killed at once, ${how}`;
    case "slow":
      return `the subscriber is slow, ${how}`;
  }
}
