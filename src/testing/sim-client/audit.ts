import type { Connection } from "../../client/connection.js";
import type { ConnectionStats } from "../../client/facts.js";
import { demand } from "../sim/violation.js";
import type { Posts } from "./posts.js";
import type { Reader } from "./reader.js";

/** Drops that the caller hears of from the promise of the request, and not from `messageLost`. */
const TOLD_OTHERWISE = ["pull", "timeout", "unsent"];

/** How many messages were dropped of which `messageLost` must tell. */
export function toTell({ dropReasons }: ConnectionStats): number {
  const told = Object.entries(dropReasons).filter(([reason]) => !TOLD_OTHERWISE.includes(reason));
  return told.reduce((sum, [, count]) => sum + count, 0);
}

/** Counters that never fall. */
const RISING = ["accepted", "confirmed", "replayed", "dropped", "inMsgs", "reconnects"] as const;

/** What holds for a connection behind every step, whatever happens (promises.md). */
export class Audit {
  private readonly nc: Connection;
  private readonly posts: Posts;
  private readonly readers: readonly Reader[];
  private readonly reconnectBufSize: number;
  private before: ConnectionStats | undefined;
  /** Bytes of headers and payloads that waited when the link was lost; undefined while there is one. */
  private atLoss: number | undefined;

  constructor(nc: Connection, posts: Posts, readers: readonly Reader[], reconnectBufSize: number) {
    this.nc = nc;
    this.posts = posts;
    this.readers = readers;
    this.reconnectBufSize = reconnectBufSize;
    nc.on("disconnect", () => {
      this.atLoss = nc.stats().pendingBytes;
    });
    nc.on("reconnect", () => {
      this.atLoss = undefined;
    });
  }

  check(): void {
    const stats = this.nc.stats();
    this.balance(stats);
    this.agree(stats);
    this.bounds(stats);
    for (const reader of this.readers) reader.check();
    this.before = stats;
  }

  private balance(stats: ConnectionStats): void {
    const { accepted, confirmed, refused, pending, dropped, unconfirmed } = stats;
    demand(accepted === confirmed + refused + pending + dropped + unconfirmed, "books", () =>
      JSON.stringify(stats),
    );
    const { confirmedBytes, refusedBytes, pendingBytes, droppedBytes, unconfirmedBytes } = stats;
    const bytes = confirmedBytes + refusedBytes + pendingBytes + droppedBytes + unconfirmedBytes;
    demand(stats.acceptedBytes === bytes, "books-bytes", () => JSON.stringify(stats));
    const reasons = Object.values(stats.dropReasons).reduce((sum, count) => sum + count, 0);
    demand(reasons === dropped, "drop-reasons", () => JSON.stringify(stats));
    demand(
      accepted === this.posts.accepted,
      "accepted",
      () => `${accepted} instead of ${this.posts.accepted}`,
    );
    demand(
      this.posts.lost <= toTell(stats),
      "told-lost",
      () => `${this.posts.lost} told, ${toTell(stats)} dropped`,
    );
    const { before } = this;
    if (before === undefined) return;
    for (const name of RISING)
      demand(stats[name] >= before[name], "counter-falls", () => `${name}: ${before[name]}, ${stats[name]}`);
  }

  /** The many ways to ask for the same say the same. */
  private agree(stats: ConnectionStats): void {
    const { nc } = this;
    const { state, buffered } = nc;
    const health = nc.health();
    const isUp = health.connected;
    demand(health.state === state, "health", () => `${health.state}, really ${state}`);
    demand(
      (health.status === "healthy") === (state === "connected" && health.accepting),
      "health",
      () => `${health.status} in ${state}, accepting: ${health.accepting}`,
    );
    demand(
      state === "draining" || isUp === (state === "connected"),
      "health",
      () => `connected: ${isUp} in ${state}`,
    );
    demand(!health.accepting || state !== "closed", "health", () => "accepting when closed");
    demand(health.server === (isUp ? nc.getServer() : ""), "health", () => `${health.server}`);
    demand((state === "closed") === nc.isClosed(), "health", () => `isClosed() in ${state}`);
    demand(buffered.messages === stats.pending, "buffered", () => `${buffered.messages}, ${stats.pending}`);
    demand(buffered.oldestAge >= 0 && buffered.bytes >= 0, "buffered", () => JSON.stringify(buffered));
  }

  private bounds({ pendingBytes }: ConnectionStats): void {
    const { atLoss, reconnectBufSize } = this;
    if (atLoss === undefined || reconnectBufSize < 0) return;
    const most = atLoss + reconnectBufSize;
    demand(pendingBytes <= most, "buffer-bound", () => `${pendingBytes} bytes wait, ${most} may`);
  }

  /** Everything is over. */
  conclude(): void {
    const stats = this.nc.stats();
    const { pending } = stats;
    const dropped = toTell(stats);
    demand(pending === 0, "books", () => `${pending} are pending in a closed connection`);
    demand(dropped === this.posts.lost, "told-lost", () => `${this.posts.lost} told, ${dropped} dropped`);
  }
}
