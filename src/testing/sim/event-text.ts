import type { EngineEvent } from "../../core/events.js";

/** An event as one line of a trace; without payloads. */
export function eventText(event: EngineEvent): string {
  switch (event.type) {
    case "state":
      return `${event.transition.from} → ${event.transition.to}: ${event.transition.reason}`;
    case "error":
    case "attemptFailed":
      return `${event.type}: ${event.error?.message}`;
    default:
      return JSON.stringify(event, (key, value) => (key === "data" || key === "info" ? undefined : value));
  }
}
