import type { Random } from "../../src/testing/random.js";
import type { StormServer } from "../server.js";
import { shuffled } from "../shuffled.js";
import { attempt } from "./attempt.js";
import type { Client, MakeClient, Site } from "./client.js";

/** Defaults of nats.go, ms: `ReconnectWait`, `ReconnectJitter`, `ReconnectJitterTLS`, `Timeout`. */
const WAIT = 2000;
const JITTER = 100;
const JITTER_TLS = 1000;
const TIMEOUT = 2000;
/** `MaxReconnect`, per server. */
const MAX_ATTEMPTS = 60;

interface Entry {
  readonly server: StormServer;
  reconnects: number;
}

/** `doReconnect()` of nats.go with its defaults: the next server at once, and a sleep before the last of each round. */
class NatsGo implements Client {
  private readonly site: Site;
  private readonly id: number;
  private readonly random: Random;
  private readonly latency: number;
  /** The head is the current one. */
  private readonly entries: Entry[];
  private dialled = 0;

  /** There is something to write again. */
  private hasBeenLost = false;

  constructor(site: Site, id: number, random: Random, latency: number) {
    this.site = site;
    this.id = id;
    this.random = random;
    this.latency = latency;
    this.entries = shuffled(site.servers, random).map((server) => ({ server, reconnects: 0 }));
  }

  start(): void {
    this.dial(this.entries[0]);
  }

  private next(): void {
    const { entries, site } = this;
    const current = entries.shift()!;
    if (current.reconnects < MAX_ATTEMPTS) entries.push(current);
    if (entries.length === 0) return site.book.gaveUp(this.id);
    if (this.dialled + 1 < entries.length) {
      this.dialled++;
      return this.dial(entries[0]);
    }
    this.dialled = 0;
    const wait = WAIT + this.random.int(site.tls ? JITTER_TLS : JITTER);
    site.world.after(wait, () => this.dial(entries[0]));
  }

  private dial(entry: Entry): void {
    const { site } = this;
    entry.reconnects++;
    attempt(site, entry.server, this.latency, TIMEOUT, this.hasBeenLost, {
      connected: () => {
        entry.reconnects = 0;
        site.book.back(this.id);
      },
      failed: () => this.next(),
      lost: () => {
        this.hasBeenLost = true;
        site.book.lost(this.id);
        this.dialled = 0;
        this.next();
      },
    });
  }
}

export const natsGo: MakeClient = (site, id, random, latency) => new NatsGo(site, id, random, latency);
