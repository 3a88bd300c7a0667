import type { Random } from "../../src/testing/random.js";
import type { StormServer } from "../server.js";
import { shuffled } from "../shuffled.js";
import { attempt } from "./attempt.js";
import type { Client, MakeClient, Site } from "./client.js";

/** ms that one attempt may take, as in Holdfast. */
const TIMEOUT = 5000;

/** Wait in ms after pass number `pass` (from 1), the last wait having been `last`. */
export type Wait = (pass: number, last: number, random: Random) => number;

/** Tries the whole list without a pause, the server that was lost last, then waits: only the wait differs from one rule to the other. */
class Passes implements Client {
  private readonly site: Site;
  private readonly id: number;
  private readonly random: Random;
  private readonly latency: number;
  private readonly wait: Wait;
  private readonly servers: StormServer[];
  private tried = 0;
  private pass = 0;
  private last = 0;

  /** There is something to write again. */
  private hasBeenLost = false;

  constructor(site: Site, id: number, random: Random, latency: number, wait: Wait) {
    this.site = site;
    this.id = id;
    this.random = random;
    this.latency = latency;
    this.wait = wait;
    this.servers = shuffled(site.servers, random);
  }

  start(): void {
    this.dial();
  }

  private dial(): void {
    const { site, servers } = this;
    const server = servers[0];
    this.tried++;
    attempt(site, server, this.latency, TIMEOUT, this.hasBeenLost, {
      connected: () => site.book.back(this.id),
      failed: () => {
        servers.push(servers.shift()!);
        this.next();
      },
      lost: () => {
        this.hasBeenLost = true;
        site.book.lost(this.id);
        servers.push(servers.shift()!);
        this.tried = 0;
        this.pass = 0;
        this.last = 0;
        this.dial();
      },
    });
  }

  private next(): void {
    if (this.tried < this.servers.length) return this.dial();
    this.tried = 0;
    this.last = this.wait(++this.pass, this.last, this.random);
    this.site.world.after(this.last, () => this.dial());
  }
}

export function passes(wait: Wait): MakeClient {
  return (site, id, random, latency) => new Passes(site, id, random, latency, wait);
}

/** ms: first and longest wait of the two rules that grow. */
const INITIAL = 1000;
const MAX = 30_000;

/** 2 s, always. */
export const constant: Wait = () => 2000;

/** Up to three times the wait before it. */
export const decorrelated: Wait = (_pass, last, random) =>
  Math.min(MAX, random.between(INITIAL, Math.max(INITIAL, last) * 3));

/** Anything up to a bound that doubles with each pass. */
export const fullJitter: Wait = (pass, _last, random) =>
  random.between(0, Math.min(MAX, INITIAL * 2 ** (pass - 1)));
