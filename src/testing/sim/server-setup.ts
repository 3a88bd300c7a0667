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
  /** As when it has too many connections: INFO, `-ERR`, close. */
  "info-error",
] as const;
export type Greeting = (typeof GREETINGS)[number];

/** How a server is configured; a restart may change it. */
export interface ServerSetup {
  readonly name: string;
  readonly host: string;
  readonly port: number;
  greeting: Greeting;
  maxPayload: number;
  headers: boolean;
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

export function addressOf(setup: ServerSetup): string {
  return `${setup.host}:${setup.port}`;
}
