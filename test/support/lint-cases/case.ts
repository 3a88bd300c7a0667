import type { ConnectionOptions, FindingLevel, LintAround } from "../../../src/index.js";

const THREE = ["nats://a.example:4222", "nats://b.example:4222", "nats://c.example:4222"];

/** A configuration that no rule has anything to say about. */
export const SOUND: ConnectionOptions = { servers: THREE, tls: {}, name: "orders-1" };
export const MIB = 1024 * 1024;
export const AROUND: LintAround = { heapLimit: 4096 * MIB };

/** What a rule finds. */
export interface Case {
  /** Beside what is sound. */
  readonly options: ConnectionOptions;
  readonly around?: LintAround;
  readonly level: FindingLevel;
  readonly option: string;
  /** What is in the message: the value. */
  readonly says: RegExp;
}

/** What each rule finds, and what it lets pass although it is near. */
export type Cases = Readonly<Record<string, { red: readonly Case[]; green: readonly ConnectionOptions[] }>>;
