import type { Conn, StormServer } from "../server.js";
import type { Site } from "./client.js";

/** Bytes of a CONNECT with a PING behind it, about. */
const CONNECT_BYTES = 250;

/** Most bytes that are written at once. */
const WRITE = 64 * 1024;

/** How an attempt ends, and later its link. */
export interface Outcome {
  /** CONNECT is taken. */
  connected(): void;
  failed(): void;
  /** The link that stood is gone. */
  lost(): void;
}

/**
 * One attempt as every NATS client makes it: dial, INFO, TLS where it is wanted, CONNECT and PING, PONG;
 * all within `timeout` ms. What has gathered meanwhile follows at once, as in nats.js and nats.go.
 */
export function attempt(
  site: Site,
  server: StormServer,
  latency: number,
  timeout: number,
  hasWindow: boolean,
  outcome: Outcome,
): Conn {
  const { world, tls, book } = site;
  let stands = false;
  const fail = (refused: boolean) => {
    timer.cancelled = true;
    book.failed(refused);
    outcome.failed();
  };
  const greet = () => conn.send({ bytes: CONNECT_BYTES, pings: 1, connect: true });
  const replay = () => {
    const begun = world.now;
    for (let left = site.window; left > 0; left -= WRITE) {
      conn.send({ bytes: Math.min(left, WRITE), pings: left <= WRITE ? 1 : 0 });
    }
    onPong = () => {
      book.answered(world.now - begun);
      book.replayed();
      onPong = () => {};
    };
  };
  let onPong = () => {
    stands = true;
    timer.cancelled = true;
    onPong = () => {};
    if (hasWindow && site.window > 0) replay();
    outcome.connected();
  };
  const conn = server.dial(
    {
      opened() {},
      informed(lameDuck) {
        if (lameDuck) return;
        if (tls) conn.secure();
        else greet();
      },
      secured: greet,
      answered() {
        onPong();
      },
      delivered() {},
      closed(why) {
        if (stands) outcome.lost();
        else fail(why === "refused");
      },
    },
    latency,
  );
  const timer = world.after(timeout, () => {
    conn.close();
    fail(false);
  });
  return conn;
}
