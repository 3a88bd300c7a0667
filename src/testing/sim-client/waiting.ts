import type { Connection } from "../../client/connection.js";
import type { Random } from "../random.js";
import { demand } from "../sim/violation.js";
import type { Desk } from "./application.js";
import { toTell } from "./audit.js";

type Coded = Error & { code?: string };

/** What a promise rejects with must have one of these codes. */
function expectCode({ code, stack }: Coded, codes: readonly string[]): void {
  demand(codes.includes(code ?? ""), "thrown", () => `${stack}`);
}

/** Waits until all is confirmed, up to a deadline; checks that it is. */
export function flush(nc: Connection, { posts, promises, findings }: Desk, random: Random): void {
  const timeout = random.scale(1, 5000);
  const { count } = posts;
  const promise = nc.flush({ timeout });
  promises.follow("flush", promise, timeout);
  promise
    .then(
      () => findings.guard(() => posts.settled(count, toTell(nc.stats()))),
      (error: Coded) => findings.guard(() => expectCode(error, ["TIMEOUT", "CONNECTION_CLOSED"])),
    )
    .catch(() => {});
}

/** The same without a deadline. */
export function fence(nc: Connection, { posts, promises, findings }: Desk): void {
  const { count } = posts;
  const promise = nc.fence();
  promises.follow("fence", promise);
  promise
    .then(
      () => findings.guard(() => posts.settled(count, toTell(nc.stats()))),
      () => {},
    )
    .catch(() => {});
}

/** Measures a round trip. */
export function rtt(nc: Connection, { promises, findings }: Desk): void {
  const promise = nc.rtt();
  promises.follow("rtt", promise);
  promise
    .then(
      (ms) => findings.guard(() => demand(ms >= 0, "rtt", () => `${ms}`)),
      (error: Coded) => findings.guard(() => expectCode(error, ["DISCONNECTED", "CONNECTION_CLOSED"])),
    )
    .catch(() => {});
}

/** Reads statuses for a while, or to the end. */
export function readStatus(nc: Connection, { promises }: Desk, random: Random): void {
  const statuses = nc.status();
  const most = random.pick([3, Number.POSITIVE_INFINITY]);
  const read = async () => {
    let left = most;
    for await (const _ of statuses) if (--left <= 0) break;
  };
  const reading = read();
  if (most === Number.POSITIVE_INFINITY || nc.isClosed()) promises.follow("status", reading);
}
