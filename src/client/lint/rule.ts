import type { Address } from "../../core/address.js";
import type { OptionPath } from "../env/variable.js";
import type { ConnectionOptions } from "../options.js";
import type { FindingLevel } from "./finding.js";

/** What rules look at. */
export interface LintContext {
  /** Options that `connect()` would take. */
  readonly options: ConnectionOptions;
  /** The servers that they name. */
  readonly addresses: readonly Address[];
  /** Bytes. */
  readonly heapLimit: number;
  /** ms; undefined: not known. */
  readonly probeTimeout: number | undefined;
  /** ms. */
  readonly gracePeriod: number;
  /** What is known of a connection that has these options; undefined where there is none. */
  readonly running: Running | undefined;
}

/** What is known of a connection. */
export interface Running {
  /** Servers of its pool, those that the cluster has told of among them. */
  readonly servers: number;
  /** Whether its link is encrypted; undefined: there is none. */
  readonly secure: boolean | undefined;
  /** Subjects with wildcards that it was asked to publish to, those that are still known. */
  readonly wildcards: readonly string[];
}

/** What a rule has found. */
export interface Found {
  readonly level: FindingLevel;
  /** Undefined: it is about none. */
  readonly option: OptionPath | "backoff" | "pendingLimit" | "websocket" | undefined;
  readonly message: string;
  readonly why: string;
  readonly advice: readonly string[];
}

/** A rule: its name, in kebab-case, and what it looks for. */
export interface Rule {
  readonly name: string;
  readonly check: (context: LintContext) => Found | undefined;
}
