import type { Random } from "../../src/testing/random.js";
import type { StormServer } from "../server.js";
import { shuffled } from "../shuffled.js";
import { attempt } from "./attempt.js";
import type { Client, MakeClient, Site } from "./client.js";

/** Defaults of nats.js 3.4, ms: `reconnectTimeWait`, `reconnectJitter`, `reconnectJitterTLS`, `timeout`. */
const WAIT = 2000;
const JITTER = 100;
const JITTER_TLS = 1000;
const TIMEOUT = 20_000;

interface Entry {
  readonly server: StormServer;
  /** Virtual ms of its last attempt; undefined before the first. */
  lastConnect: number | undefined;
  reconnects: number;
}

/**
 * The dial loop of nats.js 3.4 (`protocol.ts`, `servers.ts`) with its defaults: each server is dialled when its own last attempt is
 * long enough ago, and the client sleeps on the one that is next in the list. The first connect leaves
 * its server at the head: it is the first to be dialled after its death.
 */
class NatsJs implements Client {
  private readonly site: Site;
  private readonly id: number;
  private readonly random: Random;
  private readonly latency: number;
  private readonly maxAttempts: number;
  private entries: Entry[];

  /** There is something to write again. */
  private hasBeenLost = false;

  constructor(site: Site, id: number, random: Random, latency: number, maxAttempts: number) {
    this.site = site;
    this.id = id;
    this.random = random;
    this.latency = latency;
    this.maxAttempts = maxAttempts;
    this.entries = shuffled(site.servers, random).map((server) => ({
      server,
      lastConnect: undefined,
      reconnects: 0,
    }));
  }

  start(): void {
    this.dial(this.entries[0]);
  }

  private next(): void {
    const { world, tls, book } = this.site;
    const wait = WAIT + this.random.int((tls ? JITTER_TLS : JITTER) + 1);
    const entry = this.entries.shift();
    if (entry === undefined) return book.gaveUp(this.id);
    this.entries.push(entry);
    const since = entry.lastConnect === undefined ? wait : world.now - entry.lastConnect;
    if (since >= wait) this.dial(entry);
    else world.after(wait - since, () => this.next());
  }

  private dial(entry: Entry): void {
    const { site } = this;
    entry.lastConnect = site.world.now;
    attempt(site, entry.server, this.latency, TIMEOUT, this.hasBeenLost, {
      connected: () => {
        entry.reconnects = 0;
        site.book.back(this.id);
      },
      failed: () => {
        entry.reconnects++;
        if (entry.reconnects >= this.maxAttempts) {
          this.entries = this.entries.filter((other) => other !== entry);
        }
        this.next();
      },
      lost: () => {
        this.hasBeenLost = true;
        site.book.lost(this.id);
        this.next();
      },
    });
  }
}

/** @param maxAttempts `maxReconnectAttempts`; Infinity for its -1 */
export function natsJs(maxAttempts: number): MakeClient {
  return (site, id, random, latency) => new NatsJs(site, id, random, latency, maxAttempts);
}
