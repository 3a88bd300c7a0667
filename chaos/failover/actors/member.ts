import type { NatsConnection, Server } from "@nats-io/nats-core";
import { connect as connectNatsJs } from "@nats-io/transport-node";
import { now, sleep } from "../../../demo/clock.js";
import type { ClientKind } from "../../../demo/protocol.js";
import { connect as connectHoldfast } from "../../../src/index.js";
import type { Word } from "../protocol.js";

/** How long a change of server may take. */
const PATIENCE = 10_000;
const LOOK_EVERY = 2;
const KEPT_ERRORS = 50;

/** Takes what a connection has to tell. */
export type Listener = (word: Word) => void;

/** A connection, with its defaults, that can be told where to go. */
export class Member {
  readonly name: string;
  /** The interface that both clients have. */
  nc!: NatsConnection;
  /** `host:port` of the server that it is to choose; undefined: its own choice. */
  #target: string | undefined;
  /** Changes of server so far, by either name. */
  readonly #changes: ("move" | "reconnect")[] = [];
  readonly #listener: Listener;
  #errors = 0;

  private constructor(name: string, target: string, listener: Listener) {
    this.name = name;
    this.#target = target;
    this.#listener = listener;
  }

  /** Connects to one of these servers, which knows of the others. */
  static async connect(
    client: ClientKind,
    name: string,
    servers: readonly string[],
    target: string,
    listener: Listener,
  ): Promise<Member> {
    const member = new Member(name, target, listener);
    const options = {
      servers: [...servers],
      name,
      maxReconnectAttempts: -1,
      reconnectToServer: (pool: readonly Server[]) =>
        pool.find(({ listen }) => listen === member.#target) ?? null,
    };
    if (client === "holdfast") await member.#asHoldfast(options);
    else await member.#asNatsJs(options);
    member.#target = undefined;
    return member;
  }

  /** Goes to this server, and resolves when there. */
  async place(server: string): Promise<void> {
    if (this.nc.getServer() === server) return;
    const before = this.#changes.length;
    this.#target = server;
    await this.nc.reconnect();
    const there = () => this.#changes.length > before && this.nc.getServer() === server;
    if (!(await until(there))) throw new Error(`${this.name} did not come to ${server}`);
    this.#target = undefined;
  }

  /** Calls `reconnect()`; resolves with what became of it. */
  async move(): Promise<{ how: "move" | "reconnect" | "never"; ms: number }> {
    const before = this.#changes.length;
    const since = performance.now();
    await this.nc.reconnect();
    await until(() => this.#changes.length > before);
    return { how: this.#changes[before] ?? "never", ms: performance.now() - since };
  }

  async #asHoldfast(options: Parameters<typeof connectHoldfast>[0]): Promise<void> {
    const nc = await connectHoldfast(options);
    this.nc = nc;
    nc.on("move", ({ from, to, reason, overlap, twins }) => {
      this.#changed("move", `${from} to ${to}, ${reason}`, { overlap, twins });
    });
    nc.on("disconnect", (_error, { server, cause }) => {
      this.#say("disconnect", `${server}, ${cause.kind} ${cause.code}: ${cause.message}`);
    });
    nc.on("reconnect", ({ server, downtime }) => {
      this.#changed("reconnect", `${server} after ${downtime.toFixed(1)} ms`);
    });
    nc.on("error", (error) => this.#failed(error));
    nc.on("messageLost", (batch) => this.#say("lost", `${batch.length}: ${batch[0].reason}`));
    nc.on("slowConsumer", ({ pending }) => this.#say("slow", `${pending} pending`));
    nc.on("close", (error) => {
      if (error) this.#say("closed", error.message);
    });
  }

  async #asNatsJs(options: Parameters<typeof connectNatsJs>[0]): Promise<void> {
    const nc = await connectNatsJs(options);
    this.nc = nc;
    void this.#follow(nc);
  }

  async #follow(nc: NatsConnection): Promise<void> {
    for await (const status of nc.status()) {
      if (status.type === "disconnect") this.#say("disconnect", status.server);
      else if (status.type === "reconnect") this.#changed("reconnect", nc.getServer());
      else if (status.type === "error") this.#failed(status.error);
      else if (status.type === "slowConsumer") this.#say("slow", "");
    }
  }

  #failed(error: Error): void {
    if (this.#errors++ < KEPT_ERRORS) this.#say("error", error.message);
  }

  #changed(how: "move" | "reconnect", detail: string, more?: Pick<Word, "overlap" | "twins">): void {
    this.#say(how, detail, more);
    this.#changes.push(how);
  }

  #say(word: Word["word"], detail: string, more: Pick<Word, "overlap" | "twins"> = {}): void {
    this.#listener({ member: this.name, word, at: now(), detail, ...more });
  }
}

async function until(condition: () => boolean): Promise<boolean> {
  const end = performance.now() + PATIENCE;
  while (!condition()) {
    if (performance.now() > end) return false;
    await sleep(LOOK_EVERY);
  }
  return true;
}
