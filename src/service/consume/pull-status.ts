/** What a status message on the inbox of a pull means. */
export type StatusMeaning =
  /** The server is there, and the pull waits. */
  | "alive"
  /** The pull is over, as it should be. */
  | "ended"
  /** The pull is over, and something is wrong with the consumer: look at it, pull again. */
  | "lost"
  /** The pull is over, and consumer or stream are gone. */
  | "gone"
  /** The pull asks for what this consumer does not give: look at its limits before the next one. */
  | "refused"
  /** Nothing that says anything about pulls. */
  | "unknown";

/**
 * Reads a status: its code, and its text without regard to case (ADR-13, nats-server's `consumer.go`). An unknown text of a known
 * code counts as the worst that the code can mean without making anything anew.
 */
export function meaningOf(code: number, text: string): StatusMeaning {
  const words = text.toLowerCase();
  switch (code) {
    case 100:
      return "alive";
    case 204: // End of a batch.
    case 404: // No messages, for a pull that does not wait.
      return "ended";
    case 408:
      return words.includes("interest") ? "lost" : "ended";
    case 409:
      if (words.includes("deleted")) return "gone";
      if (words.includes("batch completed") || words.includes("exceeds maxbytes")) return "ended";
      if (words.includes("exceeded max") || words.includes("push based")) return "refused";
      // Leadership change, server shutdown, and whatever else there will be.
      return "lost";
    case 400:
    case 423:
      return "refused";
    case 503: // Nobody takes pulls: no leader, no consumer, no JetStream.
      return "lost";
    default:
      return "unknown";
  }
}
