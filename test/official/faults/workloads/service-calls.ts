import { setTimeout as sleep } from "node:timers/promises";
import type { NatsConnection } from "@nats-io/nats-core";
import type { Svcm } from "@nats-io/services";
import type { Connection } from "../../../../src/index.js";
import { svcm } from "../../older-core.js";
import { Workload } from "./workload.js";

const PAUSE_MS = 20;

/** A service, and somebody at another connection who calls it. */
export class ServiceCalls extends Workload {
  /** Answers that came. */
  progress = 0;
  private readonly services: Svcm;
  private readonly caller: NatsConnection;

  constructor(nc: Connection, caller: NatsConnection) {
    super("service");
    this.services = svcm(nc);
    this.caller = caller;
  }

  override async start(): Promise<void> {
    const service = await this.services.add({ name: "doubler", version: "1.0.0" });
    service.addEndpoint("double", (_, msg) => msg.respond(String(2 * Number(msg.string()))));
    await super.start();
  }

  protected async run(): Promise<void> {
    for (; !this.stopped; this.progress++) {
      const text = String(this.progress);
      const answer = await this.again(() => this.caller.request("double", text, { timeout: 500 }));
      if (answer.string() !== String(2 * this.progress)) this.wrong.push(`twice ${text}: ${answer.string()}`);
      await sleep(PAUSE_MS);
    }
  }

  /** What PING, INFO and STATS tell, asked over the service's own connection. */
  async told(): Promise<{ pings: unknown[]; infos: unknown[]; stats: unknown[] }> {
    const client = this.services.client();
    const all = async <T>(answers: Promise<AsyncIterable<T>>): Promise<T[]> => {
      const list: T[] = [];
      for await (const answer of await answers) list.push(answer);
      return list;
    };
    const [pings, infos, stats] = await Promise.all([
      all(client.ping("doubler")),
      all(client.info("doubler")),
      all(client.stats("doubler")),
    ]);
    return { pings, infos, stats };
  }
}
