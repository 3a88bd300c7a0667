import type { Stage } from "../stage.js";

/** Where a fault strikes; the table has a part for each. */
export type Group = "network" | "protocol" | "server" | "cluster" | "client" | "tls";

/** What links are made of. */
export type Wire = "plain" | "tls";

/** What a fault has its hands on. */
export type Part =
  /** Toxics of the proxy: many may act at once. */
  | "link"
  /** The server: its process, its configuration, or the proxy's listener in front of it. */
  | "server"
  /** The publisher's process. */
  | "publisher";

/** Mends what was injected. */
export type Heal = () => unknown;

/** One kind of trouble. */
export interface Fault {
  /** For the command line. */
  readonly name: string;
  /** What it does, in one sentence. */
  readonly does: string;
  readonly group: Group;
  /** Two faults that touch the same part, links apart, do not make a pair. */
  readonly touches: Part;
  /** ms from the injection until it is healed. */
  readonly hold: number;
  /** The link has to survive it: nothing is wrong with it, or the silence is shorter than `stallTimeout`. */
  readonly calm?: boolean;
  /** Members of the cluster that it needs. Default 1: a server of its own. */
  readonly servers?: number;
  /** The only links on which it can happen: what is said in TLS cannot be read on the way. Default: any. */
  readonly over?: Wire;
  /** More configuration for the servers. */
  readonly config?: string;
  /** Lets it happen; resolves with what heals it. */
  inject(stage: Stage): Heal | Promise<Heal>;
}

/** Does nothing: the fault is over by itself. */
export const overByItself: Heal = () => {};
