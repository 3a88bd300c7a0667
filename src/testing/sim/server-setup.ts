import type { ServerSettings } from "../broker/settings.js";

/** What a server does when a client has connected. */
export const GREETINGS = [
  "normal",
  /** Accepts and sends nothing. */
  "silent",
  /** Closes at once. */
  "close",
  "info-close",
  /** Sends INFO, then takes everything and answers nothing. */
  "info-hang",
  "garbage",
  /** INFO, then `-ERR` with the setup's `refusal`, and close. */
  "info-error",
] as const;
export type Greeting = (typeof GREETINGS)[number];

/** How a simulated server is configured; a restart may change it. */
export interface ServerSetup extends ServerSettings {
  greeting: Greeting;
  /** A name that leads to its host, and to those of all others with this name. */
  readonly dnsName?: string;
  /** What it says when it greets with an error; default: that it has too many connections. */
  refusal?: string;
  /** ms after which the credentials of a client expire. Undefined: never. */
  authLifetime?: number;
  /** Takes only user `sim` with its password. */
  requireAuth: boolean;
  /** Takes nobody. */
  rejectAuth: boolean;
  /** Publishing below `deny.` is not permitted. */
  denyPublish: boolean;
  /** Text of the error with which it ends a connection that publishes below `poison.`; undefined: it does not. */
  poison: string | undefined;
  /** Subscribing below `closed.` is not permitted. */
  denySubscribe: boolean;
}
