/**
 * How much it matters: `"error"`: messages, credentials or the connection are at risk; `"warning"`: it costs time or strength when
 * something fails; `"hint"`: it could be better.
 */
export type FindingLevel = "error" | "warning" | "hint";

/** Something about a configuration, a connection or a server that could be better. Plain data, without secrets. */
export interface Finding {
  /** Name of the rule, in kebab-case; it stays the same from version to version. */
  rule: string;
  /** How much it matters. */
  level: FindingLevel;
  /** The option that it is about, such as `backoff.max`; undefined when it is about no option. */
  option: string | undefined;
  /** The variable by which `optionsFromEnv()` sets this option; absent when there is none. */
  variable?: string;
  /** What is, with the value. */
  message: string;
  /** Why that is not good. */
  why: string;
  /** What to do, the most likely first: the better value, or the setting of the server. */
  advice: string[];
  /** Page of the guide, in the package: `docs/lint.md#one-server`. */
  docs: string;
}

/** What is known of the place where a configuration is used, for `lint()`. Every part may be left out. */
export interface LintAround {
  /** Bytes that the heap of the process may have; default: this process's, by `v8.getHeapStatistics()`. */
  heapLimit?: number;
  /** ms after which a readiness or liveness probe gives up waiting for an answer; default: not known. */
  probeTimeout?: number;
  /** ms that a process has between SIGTERM and SIGKILL; default: Kubernetes' 30,000. */
  gracePeriod?: number;
}
