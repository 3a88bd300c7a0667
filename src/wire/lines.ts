/** Lines of the client protocol that are sent rarely: as bytes with their line end, ready to be written. */

export const PING_LINE: Uint8Array = Buffer.from("PING\r\n");
export const PONG_LINE: Uint8Array = Buffer.from("PONG\r\n");

/** Several PONGs in one buffer. */
export function pongLines(count: number): Uint8Array {
  return Buffer.from("PONG\r\n".repeat(count));
}

/** What CONNECT says of the client (https://docs.nats.io/reference/reference-protocols/nats-protocol). */
export interface ConnectFields {
  verbose: boolean;
  pedantic: boolean;
  echo: boolean;
  name?: string;
  lang: string;
  version: string;
  user?: string;
  pass?: string;
  auth_token?: string;
  jwt?: string;
  nkey?: string;
  sig?: string;
  tls_required?: boolean;
}

/** Protocol 1 asks the server for INFO updates: gossip and lame duck. */
export function connectLine(fields: ConnectFields, headers: boolean): Uint8Array {
  const json = JSON.stringify({
    protocol: 1,
    tls_required: false,
    headers,
    no_responders: headers,
    ...fields,
  });
  return Buffer.from(`CONNECT ${json}\r\n`);
}

export function subLine(sid: number, subject: string, queue: string | undefined): string {
  return queue === undefined ? `SUB ${subject} ${sid}\r\n` : `SUB ${subject} ${queue} ${sid}\r\n`;
}

/** @param max number of messages after which the server ends the subscription; without it: now */
export function unsubLine(sid: number, max: number | undefined): string {
  return max === undefined ? `UNSUB ${sid}\r\n` : `UNSUB ${sid} ${max}\r\n`;
}
