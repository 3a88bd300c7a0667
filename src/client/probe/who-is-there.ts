import { connect as connectTcp, type Socket } from "node:net";
import { connect as connectTls } from "node:tls";
import { strangerOf } from "../../core/causes/stranger.js";
import { CodedError } from "../../errors.js";
import { isTlsError } from "../../io/tls.js";
import { late, type ProbeTime } from "./time.js";

/** ms in which who listens must have shown what it is. */
const PATIENCE = 500;

/** As {@link strangerOf} says it. */
const TLS = "TLS, where plain text was expected";

/**
 * What listens at an address and says nothing by itself, as {@link strangerOf} names it: it is asked for a page, and greeted with TLS, on connections of their own.
 * Nothing is told to it that the probe knows.
 */
export async function whoIsThere(
  address: string,
  port: number,
  time: ProbeTime,
): Promise<string | undefined> {
  const since = time.clock.now() - Math.max(0, time.timeout - PATIENCE);
  const answers = await Promise.all([
    greeted(address, port, time, since),
    askedForPage(address, port, time, since),
  ]);
  return answers.find((answer) => answer !== undefined);
}

const SILENT = late("there was no answer");

async function greeted(
  address: string,
  port: number,
  time: ProbeTime,
  since: number,
): Promise<string | undefined> {
  const begin = (done: (value: string | undefined) => void) => {
    const socket = connectTls({ host: address, port });
    // Whether its certificate verifies is no question here; Node looks, closes, and nothing was sent.
    socket.once("secure", () => done(TLS));
    socket.on("error", (error) => done(isCertificateWanted(error) ? TLS : undefined));
    socket.once("close", () => done(undefined));
    return () => socket.destroy();
  };
  return time.within<string | undefined>(begin, SILENT, since).catch(() => undefined);
}

/** With TLS 1.2 the handshake ends there, where a client certificate is wanted. */
function isCertificateWanted(error: Error): boolean {
  const { code = "" } = error as NodeJS.ErrnoException;
  return isTlsError(error) && /ALERT/.test(code) && !/PROTOCOL_VERSION/.test(code);
}

function askedForPage(
  address: string,
  port: number,
  time: ProbeTime,
  since: number,
): Promise<string | undefined> {
  const begin = (done: (value: string | undefined) => void) => {
    const socket: Socket = connectTcp({ host: address, port });
    socket.once("connect", () => socket.write("GET / HTTP/1.0\r\n\r\n"));
    socket.once("data", (bytes) => done(strangerOf(bytes)));
    socket.on("error", () => done(undefined));
    socket.once("close", () => done(undefined));
    return () => socket.destroy();
  };
  return time.within<string | undefined>(begin, SILENT, since).catch(() => undefined);
}

/** The error that names what answers there. */
export function notNats(listen: string, stranger: string): CodedError {
  if (stranger.startsWith("TLS")) {
    return new CodedError(
      "TLS_REQUIRED",
      `${listen} begins with TLS, before any INFO: option "tls.handshakeFirst", if it is a NATS server`,
      { option: "tls.handshakeFirst" },
    );
  }
  const ports = /HTTP/.test(stranger)
    ? ": is that the port for monitoring, or the one for websockets (ws://)?"
    : "";
  return new CodedError("PROTOCOL_ERROR", `${listen} does not speak NATS, it looks like ${stranger}${ports}`);
}

/** What to do where TLS answers; about others the cause of the error says it. */
export function adviceOnStranger(stranger: string | undefined): string[] {
  if (stranger?.startsWith("TLS") !== true) return [];
  return [
    'if the server has "handshake_first" in its "tls", set option "tls: { handshakeFirst: true }", and "tls.caFile" if its authority is your own',
    'if it is the port for websockets, use wss:// in "servers"; if it is another program (HTTPS), use host and port of a NATS server',
  ];
}
