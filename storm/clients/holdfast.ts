import { toSettings } from "../../src/client/settings.js";
import { Engine } from "../../src/core/engine.js";
import type { Effect, EngineEvent } from "../../src/core/events.js";
import { ServerPool } from "../../src/core/pool.js";
import { CodedError } from "../../src/errors.js";
import type { Random } from "../../src/testing/random.js";
import type { Appointment } from "../../src/testing/sim/agenda.js";
import { ChunkPool } from "../../src/wire/chunk.js";
import type { Conn, Ending } from "../server.js";
import type { Client, MakeClient, Site } from "./client.js";

const chunks = new ChunkPool();
const PING = "PING\r\n";
/** What sockets tell: made once, for their stacks cost more than the rest of an attempt. */
const ERRORS: Record<Ending, CodedError> = {
  refused: new CodedError("CONNECTION_REFUSED", "nobody listens"),
  "handshake timeout": new CodedError("CONNECTION_LOST", "the server has closed the connection"),
  "server gone": new CodedError("CONNECTION_LOST", "the server has closed the connection"),
};
/** First byte of CONNECT. */
const CONNECT = "C".charCodeAt(0);
/** The line that subscribes to the probe of a move, or publishes it. */
const PROBE = /^(SUB|PUB) (\S+\.probe\.\d+)\.\S+ /;
/** Payload of the messages that wait for a link, bytes. */
const PAYLOAD = new Uint8Array(1000);
const PONG = Buffer.from("PONG\r\n");

/** Holdfast itself: its engine with the options' defaults, connected to the simulated servers as `io/driver.ts` connects it to sockets. */
class Holdfast implements Client {
  private readonly site: Site;
  private readonly id: number;
  private readonly latency: number;
  private readonly engine: Engine;
  private readonly conns = new Map<number, Conn>();
  /** By link: when the PINGs were sent that have no answer. */
  private readonly pings = new Map<number, number[]>();
  private timer: Appointment | undefined;
  private timerAt = Number.POSITIVE_INFINITY;
  private woken = false;
  private pumping = false;
  private again = false;
  /** The messages of the outage have been published. */
  private hasWindow = false;

  constructor(site: Site, id: number, random: Random, latency: number) {
    this.site = site;
    this.id = id;
    this.latency = latency;
    const given = {
      servers: site.servers.map(({ address }) => address),
      ...(site.tls ? { tls: {} } : {}),
    };
    const context = { lastError: () => undefined, info: () => undefined, report() {} };
    const settings = toSettings(given, random.float, context);
    const pool = new ServerPool(settings.addresses, random.float);
    this.engine = new Engine(settings.engine, pool, chunks, this, site.world.now);
  }

  start(): void {
    this.input((now) => this.engine.session.start(now));
  }

  writeNow(): void {}

  wake(): void {
    if (this.woken || this.pumping) return;
    this.woken = true;
    this.site.world.after(0, () => {
      this.woken = false;
      this.pump();
    });
  }

  private input(give: (now: number) => void): void {
    give(this.site.world.now);
    this.pump();
  }

  private pump(): void {
    this.again = true;
    if (this.pumping) return;
    this.pumping = true;
    while (this.again) {
      this.again = false;
      this.round();
    }
    this.pumping = false;
    this.armTimer();
  }

  private round(): void {
    const { engine } = this;
    const { session } = engine;
    const { now } = this.site.world;
    engine.settle(now);
    for (let effect = session.pollEffect(); effect !== undefined; effect = session.pollEffect()) {
      this.carryOut(effect);
    }
    for (const [epoch, conn] of this.conns) this.writeOut(epoch, conn, now);
    for (let event = session.pollEvent(); event !== undefined; event = session.pollEvent()) {
      this.told(event);
      this.again = true;
    }
  }

  private writeOut(epoch: number, conn: Conn, now: number): void {
    const { engine } = this;
    while (engine.nextOutput(epoch, now)) {
      const { bytes, start, end } = engine.outbound;
      const text = Buffer.from(bytes!.buffer, bytes!.byteOffset + start, end - start);
      let pings = 0;
      for (let at = text.indexOf(PING); at !== -1; at = text.indexOf(PING, at + PING.length)) pings++;
      const length = end - start;
      for (let i = 0; i < pings; i++) this.pings.get(epoch)?.push(now);
      const [, verb, probe] = length < 512 ? (PROBE.exec(text.toString("latin1")) ?? []) : [];
      conn.send({
        bytes: length,
        pings,
        connect: text[0] === CONNECT,
        ...(verb === "SUB" ? { subscribe: probe } : { publish: probe }),
      });
      this.site.world.after(0, () => this.input((at) => engine.handleWritten(epoch, length, at, false)));
    }
  }

  private carryOut(effect: Effect): void {
    const { epoch } = effect;
    const { session } = this.engine;
    switch (effect.type) {
      case "dial":
        this.dial(epoch, effect.server.address.listen);
        break;
      case "secure":
        this.conns.get(epoch)?.secure();
        break;
      case "authenticate":
        this.site.world.after(0, () => this.input((now) => session.authenticate(epoch, {}, now)));
        break;
      case "close":
        this.conns.get(epoch)?.close();
        this.conns.delete(epoch);
        this.pings.delete(epoch);
        break;
      case "hold":
      case "look":
        break;
    }
  }

  private dial(epoch: number, address: string): void {
    const { site, engine } = this;
    const { session } = engine;
    const pings: number[] = [];
    this.pings.set(epoch, pings);
    const server = site.servers.find((one) => one.address === address)!;
    const conn = server.dial(
      {
        opened: () => this.input((now) => session.handleOpen(epoch, now)),
        informed: (lameDuck) =>
          this.input((now) => engine.handleData(epoch, this.info(server.address, lameDuck), now)),
        secured: () => this.input((now) => session.handleSecure(epoch, now)),
        answered: (pongs) =>
          this.input((now) => {
            for (let i = 0; i < pongs; i++) {
              if (pings.length > 0) site.book.answered(now - pings.shift()!);
              engine.handleData(epoch, PONG, now);
            }
          }),
        delivered: (subject) =>
          this.input((now) => engine.handleData(epoch, Buffer.from(`MSG ${subject}.1 0 0\r\n\r\n`), now)),
        closed: (why) => {
          this.conns.delete(epoch);
          this.input((now) => session.handleClosed(epoch, ERRORS[why], now));
        },
      },
      this.latency,
    );
    this.conns.set(epoch, conn);
  }

  private info(address: string, lameDuck: boolean): Buffer {
    const urls = this.site.servers.map((server) => `"${server.address}"`).join(",");
    const tls = this.site.tls ? `"tls_required":true,` : "";
    const ldm = lameDuck ? `"ldm":true,` : "";
    return Buffer.from(
      `INFO {"server_id":"${address}","server_name":"${address}","version":"2.15.1","proto":1,"headers":true,` +
        `"max_payload":1048576,"cluster":"storm",${tls}${ldm}"connect_urls":[${urls}]}\r\n`,
    );
  }

  private told(event: EngineEvent): void {
    const { book } = this.site;
    if (event.type === "connect" || event.type === "reconnect") book.back(this.id);
    else if (event.type === "disconnect") this.lost();
    else if (event.type === "move") book.moved(this.id);
    else if (event.type === "stale") book.condemned();
    else if (event.type === "attemptFailed")
      book.failed((event.error as CodedError).code === "CONNECTION_REFUSED");
    else if (event.type === "close") book.gaveUp(this.id);
  }

  private lost(): void {
    const { site, engine } = this;
    site.book.lost(this.id);
    if (this.hasWindow || site.window === 0) return;
    this.hasWindow = true;
    for (let bytes = 0; bytes < site.window; bytes += PAYLOAD.length) {
      engine.publish("storm", PAYLOAD, "", undefined);
    }
    engine.fence(() => site.book.replayed(), site.world.now);
  }

  private armTimer(): void {
    const at = this.engine.timeout;
    if (at >= this.timerAt) return;
    if (this.timer !== undefined) this.timer.cancelled = true;
    this.timerAt = at;
    this.timer = this.site.world.at(at, () => {
      this.timerAt = Number.POSITIVE_INFINITY;
      this.input((now) => {
        if (this.engine.timeout <= now) this.engine.handleTimeout(now);
      });
    });
  }
}

export const holdfast: MakeClient = (site, id, random, latency) => new Holdfast(site, id, random, latency);
