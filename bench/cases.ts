import type { ClientName } from "./clients/client.js";

/** What a ratio against another client must reach. */
export interface RateTarget {
  readonly client: ClientName;
  readonly against: ClientName;
  /** Messages per second, as a multiple of the other's. */
  readonly atLeast: number;
}

/**
 * What a client does in a throughput case. `receive`: what the server holds for it already, so that the client is the
 * limit. `live`: what another process publishes meanwhile, so that the server is.
 */
export type Work = "publish" | "receive" | "live";

/** Messages per second, and what each costs. */
export interface ThroughputCase {
  readonly kind: "throughput";
  readonly name: string;
  readonly title: string;
  readonly work: Work;
  /** Bytes of a payload. */
  readonly size: number;
  readonly targets: readonly RateTarget[];
}

/** Time from the SIGKILL of the connected server to working again. */
export interface RecoveryCase {
  readonly kind: "recovery";
  readonly name: string;
  readonly title: string;
  /** How long the link has been up when its server is killed, ms. */
  readonly linkAge: number;
  /** Holdfast's median must be at most `factor` × nats.js's, and `slack` ms more. */
  readonly target: { readonly factor: number; readonly slack: number };
}

export type Case = ThroughputCase | RecoveryCase;

/** The clients of a recovery: a raw socket does not reconnect, and delivery makes no difference to it. */
export const RECOVERING = ["holdfast", "natsjs"] as const satisfies readonly ClientName[];

/** Everything that is measured, in this order. */
export const CASES: readonly Case[] = [
  {
    kind: "throughput",
    name: "publish-128",
    title: "publish 128 B, from the first to the confirmation of all",
    work: "publish",
    size: 128,
    targets: [{ client: "holdfast", against: "natsjs", atLeast: 2.5 }],
  },
  {
    kind: "throughput",
    name: "receive-128",
    title: "receive 128 B by a callback that reads the data; all of it waits in the server",
    work: "receive",
    size: 128,
    targets: [{ client: "holdfast", against: "natsjs", atLeast: 1.8 }],
  },
  {
    kind: "throughput",
    name: "live-128",
    title: "the same while another process publishes it, which makes the server the limit",
    work: "live",
    size: 128,
    targets: [],
  },
  {
    kind: "recovery",
    name: "recovery-3s",
    title: "SIGKILL of the connected node of three to working again, link 3 s old",
    linkAge: 3000,
    target: { factor: 1.1, slack: 2 },
  },
  {
    kind: "recovery",
    name: "recovery-0.3s",
    title: "SIGKILL of the connected node of three to working again, link 0.3 s old",
    linkAge: 300,
    target: { factor: 0.1, slack: 0 },
  },
];

/** The case with exactly this name, else all whose names begin with it. */
export function casesNamed(text: string): Case[] {
  const exact = CASES.filter((one) => one.name === text);
  return exact.length > 0 ? exact : CASES.filter((one) => one.name.startsWith(text));
}
