import { adviceOf, docsOf } from "../../core/advice.js";
import { type Cause, NOTHING_KNOWN } from "../../core/cause.js";
import { CodedError } from "../../errors.js";

/** What is seen of a lost server at the next dial of its address. */
export type Sequel =
  /** Nobody listens there any more. */
  | "refused"
  /** The process that was lost has taken the connection back. */
  | "same"
  /** Another process has: there is one server at the address, which has been started anew. */
  | "restarted"
  /** Another process has, of a cluster: that may be another server behind the same address. */
  | "another";

const SEEN: Readonly<Record<Sequel, string>> = {
  refused: "the next attempt at its address was refused: nobody listens there any more",
  same: "the same process of the server took the connection back (by its server_id): it had not stopped",
  restarted: "another process of the server took the connection back (by its server_id): it was started anew",
  another:
    "another process answered at its address (by its server_id): it was started anew, or a load balancer has several behind it",
};

/** Kinds that are concluded from an end without a word, and would be wrong if the server had just been stopped. */
const DOUBTED: ReadonlySet<Cause["kind"]> = new Set(["slow-consumer", "local-stall"]);
/** Kinds of which what follows tells more. */
const TOLD: ReadonlySet<Cause["kind"]> = new Set([...DOUBTED, "network", "server-shutdown"]);

/** The link was reset, as by something in between or by the system of a process that ended with bytes it had not read. */
const WAS_RESET = /^the system reported (?:ECONNRESET|EPIPE|ECONNABORTED)$/;

/** Whether another kind would have been told, had that been known. */
function isRefuted({ kind, evidence }: Cause, sequel: Sequel): boolean {
  if (DOUBTED.has(kind)) return sequel === "refused" || sequel === "restarted";
  // What refuses may be a firewall as well; who is another process may not.
  return kind === "network" && sequel === "restarted" && evidence.some((fact) => WAS_RESET.test(fact));
}

/**
 * A cause, with what the next dial of the same address has shown of it. A server that is not there any more was stopped, whatever
 * else would have ended the link: who is told of the end by an event is told before that is known.
 */
export function completed(cause: Cause, sequel: Sequel, server: string): Cause {
  // What was said, by the server or by what has gone wrong here, stands.
  if (cause.code !== "CONNECTION_LOST" || !TOLD.has(cause.kind)) return cause;
  const evidence = [SEEN[sequel], ...cause.evidence];
  if (!isRefuted(cause, sequel)) return { ...cause, evidence };
  const kind = "server-shutdown";
  const ended = new CodedError("CONNECTION_LOST", cause.message, { closedByPeer: true });
  const advice = adviceOf(kind, ended.code, ended, { ...NOTHING_KNOWN, server, phase: "live" });
  return { ...cause, kind, evidence, advice, docs: docsOf(kind) };
}
