import type { CauseKind } from "../../core/cause.js";

/** What a server may say as `-ERR`, with what it means: written down once more, beside the table of the engine. */
export interface ServerText {
  readonly text: string;
  /** The cause that a connection ended with it must be told of. */
  readonly kind: CauseKind;
  /** When it is said: in the handshake, or on a link that stands. */
  readonly when: "greeting" | "link";
  /** The server closes behind it. */
  readonly ends: boolean;
  /** It may be about what the client has written last. */
  readonly accuses?: true;
}

function atGreeting(text: string, kind: CauseKind): ServerText {
  return { text, kind, when: "greeting", ends: true };
}

function atEnd(text: string, kind: CauseKind): ServerText {
  return { text, kind, when: "link", ends: true };
}

function aside(text: string, kind: CauseKind): ServerText {
  return { text, kind, when: "link", ends: false };
}

export const SERVER_TEXTS: readonly ServerText[] = [
  atGreeting("Authorization Violation", "authentication"),
  atGreeting("Authentication Timeout", "stale"),
  atGreeting("Authorization Timeout", "stale"),
  atGreeting("Failed Account Registration", "authentication"),
  atGreeting("maximum connections exceeded", "overload"),
  atGreeting("maximum account active connections exceeded", "overload"),
  atGreeting("Connection throttling is active", "overload"),
  atGreeting("invalid client protocol", "protocol"),
  atGreeting("no responders requires headers support", "protocol"),
  atGreeting("attempted to connect to route port", "protocol"),
  atGreeting("Secure Connection - TLS Required", "tls"),
  atEnd("User Authentication Expired", "authentication"),
  atEnd("User Authentication Revoked", "authentication"),
  atEnd("Account Authentication Expired", "authentication"),
  atEnd("Stale Connection", "stale"),
  atEnd("Slow Consumer", "slow-consumer"),
  { ...atEnd("Maximum Payload Violation", "payload"), accuses: true },
  { ...atEnd("maximum control line exceeded", "protocol"), accuses: true },
  { ...atEnd("Unknown Protocol Operation", "protocol"), accuses: true },
  { ...atEnd("Parser Error", "protocol"), accuses: true },
  { ...atEnd("A New Error", "unknown"), accuses: true },
  aside("maximum subscriptions exceeded", "overload"),
  aside("Invalid Subject", "protocol"),
  aside("Invalid Publish Subject", "protocol"),
  aside("Slow Consumer Detected", "slow-consumer"),
  aside("Something New", "unknown"),
];

/** What a text means; undefined for one that no simulated server says. */
export function meaningOf(text: string): ServerText | undefined {
  return SERVER_TEXTS.find((one) => text.startsWith(one.text));
}

/** Whether a text may be about what the client has written last. */
export function accuses(text: string): boolean {
  return meaningOf(text)?.accuses ?? meaningOf(text) === undefined;
}

/** Whether a text says that it is about what the client has written last: then fewer of them prove it. */
export function convicts(text: string): boolean {
  const meaning = meaningOf(text);
  return meaning?.accuses === true && meaning.kind !== "unknown";
}

/** The texts that are said then. */
export function textsFor(when: ServerText["when"], ends: boolean): readonly string[] {
  return SERVER_TEXTS.filter((one) => one.when === when && one.ends === ends).map(({ text }) => text);
}
