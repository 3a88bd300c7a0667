import type { Cause } from "../../core/cause.js";
import type { Finding } from "../lint/finding.js";

/** Options of `nc.diagnose()`. */
export interface DiagnoseOptions {
  /** How many outages are told at most, the newest first; from 1 to 100. Default 20. Patterns are looked for in all that are kept. */
  outages?: number;
}

/** An attempt that failed during an outage. */
export interface FailedAttempt {
  /** `host:port` that was dialled. */
  server: string;
  /** When it failed, ms since the epoch. */
  at: number;
  /** Why. */
  cause: Cause;
}

/** An outage: from the loss of a link to the next one that stands. */
export interface OutageRecord {
  /** `host:port` of the server that was lost. */
  server: string;
  /** When it was lost, ms since the epoch. */
  at: number;
  /** How long the link had stood, ms. */
  stood: number;
  /**
   * Why it was lost: as event `disconnect` had it, and with what the next dial of the same address has shown since. Where a server that
   * was stopped looks the same as what had been concluded, that may be another kind: `server-shutdown` in place of `slow-consumer`,
   * `local-stall`, or `network` where it was a reset.
   */
  cause: Cause;
  /** The attempts that failed until a link stood again: the first four and the last four. */
  attempts: FailedAttempt[];
  /** How many failed, also those that are not in `attempts`. */
  failed: number;
  /** ms without a link; undefined: there is none yet, or never was again. */
  downtime: number | undefined;
  /** `host:port` of the server that carried the connection then; undefined as `downtime`. */
  to: string | undefined;
  /** Messages that were on the way without a confirmation, and would be written again. */
  unconfirmed: number;
  /** Messages that were on the way and would not be written again. */
  abandoned: number;
  /** Messages that were written again. */
  replayed: number;
  /**
   * Bytes of headers and payload of the largest message that was on the way without a confirmation when the link was lost; 0: there
   * was none.
   */
  largest: number;
  /** Connections of this process, with this one, that lost a link within the same second. */
  together: number;
}

/** The kinds of patterns that `nc.diagnose()` looks for. */
export type PatternKind =
  /** Links end always so long after they began, or after the last traffic: an idle time-out on the way. */
  | "interval"
  /** Always at the same minute of the hour: a job, a backup, the renewal of a certificate. */
  | "same-minute"
  /** Always with a large message on the way. */
  | "after-large-message"
  /** Always the same server, while others carry the connection as well. */
  | "same-server"
  /** Servers end links without a word, and go on themselves: they remove this connection alone, or something in between does. */
  | "removed-alone"
  /** Other connections of this process lose their links in the same second. */
  | "together"
  /** Always after this process did not run. */
  | "after-stall"
  /** Links that stand for a short time only, again and again. */
  | "flapping"
  /** Credentials are refused again and again. */
  | "authentication"
  /** One server of the pool fails every attempt. */
  | "failing-server"
  /** Names of servers cannot be resolved. */
  | "dns"
  /** It takes longer from outage to outage until a link stands again. */
  | "slower-reconnects";

/** Something that several outages have in common. */
export interface Pattern {
  /** What kind of thing it is. */
  kind: PatternKind;
  /** One sentence. */
  message: string;
  /** The figures that it was concluded from. */
  evidence: string[];
  /** What to do, the most likely first. */
  advice: string[];
  /** Page of the guide, in the package: `docs/diagnose.md#interval`. */
  docs: string;
}

/** What `nc.diagnose()` tells. Plain data without secrets. */
export interface Diagnosis {
  /** The last outages, newest first. */
  outages: OutageRecord[];
  /** What they have in common, the most telling first. */
  patterns: Pattern[];
  /** What could be better about the options of this connection, the worst first. */
  findings: Finding[];
}
