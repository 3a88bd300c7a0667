import { expect } from "vitest";
import { type Connection, type ConnectionOptions, connect } from "../../src/index.js";
import { DiskOutbox } from "../../src/outbox/disk-outbox.js";
import { type Outbox, type OutboxOptions, openOutbox } from "../../src/outbox/index.js";
import { MemoryStore } from "../../src/outbox/store/memory-store.js";
import { FaultProxy } from "../../src/testing/fault-proxy.js";
import { NatsServer, type NatsServerOptions } from "../../src/testing/server.js";
import { Arrivals, countInto } from "../support/arrivals.js";
import { Cleanup } from "../support/cleanup.js";
import { until } from "../support/until.js";

const EAGER = { reconnectTimeWait: 5, reconnectJitter: 0 };

/** A server, a way to it that can be cut, somebody who counts what arrives, and outboxes in memory. */
export class OutboxWorld implements AsyncDisposable {
  readonly cleanup = new Cleanup();
  readonly arrivals = new Arrivals();
  readonly store = new MemoryStore();
  server!: NatsServer;
  proxy!: FaultProxy;

  static async make(options: NatsServerOptions = {}): Promise<OutboxWorld> {
    const world = new OutboxWorld();
    world.server = world.cleanup.use(await NatsServer.start(options));
    world.proxy = world.cleanup.use(await FaultProxy.start({ target: world.server.hostport }));
    return world;
  }

  /** Counts what comes to `subject` from now on. */
  async receive(subject = "n", options: ConnectionOptions = {}): Promise<Connection> {
    const nc = this.cleanup.use(await connect({ servers: this.server.url, ...EAGER, ...options }));
    nc.subscribe(subject, { callback: countInto(this.arrivals) });
    await nc.flush();
    return nc;
  }

  async open(options: OutboxOptions = {}): Promise<DiskOutbox> {
    const place = options.path === undefined && options.store === undefined ? { store: this.store } : {};
    const outbox = await openOutbox({ ...place, ...options });
    this.cleanup.use(outbox);
    expect(outbox).toBeInstanceOf(DiskOutbox);
    return outbox as DiskOutbox;
  }

  /** Connects by way of the proxy. */
  async connect(outbox: Outbox, options: ConnectionOptions = {}): Promise<Connection> {
    return this.cleanup.use(await connect({ servers: this.proxy.url, outbox, ...EAGER, ...options }));
  }

  /** The way to the server is cut. */
  async cut(nc: Connection): Promise<void> {
    await this.proxy.down();
    await until(() => nc.state === "reconnecting", "the outage");
  }

  async mend(nc: Connection): Promise<void> {
    await this.proxy.up();
    await until(() => nc.state === "connected", "the end of the outage");
  }

  /** All numbers below `end` have arrived, once, in order. */
  async arrived(end: number): Promise<void> {
    await until(
      () => this.arrivals.distinct >= end,
      () => `${end} messages; ${this.arrivals.distinct} have arrived`,
    );
    expect(this.arrivals).toMatchObject({ total: end, distinct: end, late: 0 });
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.cleanup[Symbol.asyncDispose]();
  }
}

/** The books of an outbox: everything is in exactly one place. */
export function expectOutboxBalanced(outbox: Outbox): void {
  const { recovered, stored, confirmed, expired, refused, lost, messages } = outbox.stats();
  expect(confirmed + expired + refused + lost + messages, "the books of the outbox").toBe(recovered + stored);
}
