import { CertificateAuthority } from "../src/testing/certificates/authority.js";
import { NatsServer } from "../src/testing/server.js";
import type { Case } from "./case.js";
import type { ClientName, Where } from "./clients/client.js";
import type { Run } from "./figures.js";
import { Child } from "./processes/child.js";
import type { Feed, FromHelper, FromWorker, HelperJob, WorkerJob } from "./processes/messages.js";
import { RecoveryGround } from "./recovery/trial.js";
import { ROOMY, type Work } from "./works/work.js";

/** Bytes that may wait for a receiver: all that one receives in a measurement, and then some. */
const SERVER_MAX_PENDING = 1024 * 1024 * 1024;
const PATIENCE_MS = 60_000;
const program = (name: string) => new URL(`processes/${name}.js`, import.meta.url);

/** How it is measured. */
export interface Course {
  /** Milliseconds of one measurement. */
  readonly ms: number;
  /** The Holdfast of client `base`, as a URL. */
  readonly base?: string | undefined;
  /** The executable of the Node that the clients run on; default: this one. */
  readonly node?: string | undefined;
}

/** One measurement of one client. */
export interface Measurement {
  readonly of: Case;
  readonly client: ClientName;
  readonly round: number;
  /** Flags for the Node of the client's process. */
  readonly execArgv?: readonly string[];
}

type Helper = "producer" | "responder";

/** Servers and helpers that measurements share; they are started when they are first needed. */
export class Ground implements AsyncDisposable {
  readonly #course: Course;
  readonly #servers = new Map<boolean, Promise<NatsServer>>();
  readonly #helpers = new Map<string, Promise<Child<FromHelper>>>();
  #authority: Promise<CertificateAuthority> | undefined;
  #recovery: Promise<RecoveryGround> | undefined;

  constructor(course: Course) {
    this.#course = course;
  }

  /** The server without TLS. */
  server(): Promise<NatsServer> {
    return this.#server(false);
  }

  /** Measures every step of a case, each in a fresh process of the client. */
  async measure(measurement: Measurement): Promise<Run> {
    const run: Record<string, Run[string]> = {};
    for (const work of measurement.of.works) Object.assign(run, await this.#measureWork(work, measurement));
    return run;
  }

  async #measureWork(work: Work, { of, client, round, execArgv = [] }: Measurement): Promise<Run> {
    if (work.kind === "recovery") return this.#recover(work.linkAge, client, round);
    if (work.kind === "request" || work.kind === "doubling") await this.#helper("responder", of.tls);
    const where = await this.#where(of.tls);
    const library = client === "base" ? this.#course.base : undefined;
    const job: WorkerJob = { work, client, where, library, ms: this.#course.ms, round };
    const worker = new Child<FromWorker>(client, program("worker"), job, {
      path: this.#course.node,
      flags: ["--expose-gc", ...(work.kind === "doubling" ? [ROOMY] : []), ...execArgv],
    });
    let feeding = Promise.resolve();
    worker.on("subscribed", ({ feed, waits }) => {
      feeding = this.#feed(feed, of.tls).then(() => {
        if (waits) worker.release();
      });
      feeding.catch(() => {}); // it is awaited below
    });
    try {
      const { run } = await worker.next("measured", PATIENCE_MS);
      await worker.exited();
      await feeding; // the next one is to have the machine to itself
      return run;
    } finally {
      await worker.stop();
    }
  }

  async #feed(feed: Feed, tls: boolean): Promise<void> {
    const producer = await this.#helper("producer", tls);
    const fed = producer.next("fed", PATIENCE_MS);
    producer.send(feed);
    await fed;
  }

  async #recover(linkAge: number, client: ClientName, round: number): Promise<Run> {
    if (client !== "holdfast" && client !== "natsjs") throw new Error(`${client} does not reconnect`);
    this.#recovery ??= RecoveryGround.open(this.#course.node);
    return { "": { recovery: await (await this.#recovery).kill({ linkAge }, client, round) } };
  }

  #server(tls: boolean): Promise<NatsServer> {
    let server = this.#servers.get(tls);
    if (server === undefined) {
      server = this.#start(tls);
      this.#servers.set(tls, server);
    }
    return server;
  }

  async #start(tls: boolean): Promise<NatsServer> {
    if (!tls) return NatsServer.start({ maxPending: SERVER_MAX_PENDING });
    this.#authority ??= CertificateAuthority.create();
    return NatsServer.start({ maxPending: SERVER_MAX_PENDING, tls: { authority: await this.#authority } });
  }

  async #where(tls: boolean): Promise<Where> {
    const { url, pid } = await this.#server(tls);
    return { url, pid, ca: tls ? (await this.#authority!).cert : undefined };
  }

  #helper(name: Helper, tls: boolean): Promise<Child<FromHelper>> {
    const key = `${name} ${tls}`;
    let helper = this.#helpers.get(key);
    if (helper === undefined) {
      helper = this.#call(name, tls);
      this.#helpers.set(key, helper);
    }
    return helper;
  }

  async #call(name: Helper, tls: boolean): Promise<Child<FromHelper>> {
    const job: HelperJob = { where: await this.#where(tls) };
    const helper = new Child<FromHelper>(name, program(name), job);
    await helper.next("ready", PATIENCE_MS);
    return helper;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    // What never started has nothing to be ended.
    const closing = [
      ...[...this.#helpers.values()].map(async (helper) => (await helper).stop()),
      ...[...this.#servers.values()].map(async (server) => (await server).close()),
      (async () => (await this.#recovery)?.[Symbol.asyncDispose]())(),
    ];
    await Promise.allSettled(closing);
    (await this.#authority?.catch(() => undefined))?.close();
  }
}
