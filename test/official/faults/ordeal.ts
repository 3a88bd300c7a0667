import { type Connection, connect } from "../../../src/index.js";
import { until } from "../../support/until.js";
import { Application } from "./application.js";
import { JetStreamStage } from "./stage.js";

/** What is promised of durable consumers: they consume again so many ms after the cluster is healthy. */
export const CONSUMING_WITHIN_MS = 5_000;

/** Others wait, by the packages' own API time-outs, for a leader that answers: 4.4 s were measured on a quiet machine. */
const ALL_WITHIN_MS = 15_000;

/** Something that befalls a cluster. */
export interface Fault {
  readonly name: string;
  /** Whether the application is connected to the node that leads all streams and consumers. */
  readonly atLeader: boolean;
  befall(stage: JetStreamStage, nc: Connection): Promise<void>;
}

/** An application on a cluster of its own, what befell them, and what came of it. */
export class Ordeal implements AsyncDisposable {
  readonly stage: JetStreamStage;
  readonly nc: Connection;
  readonly app: Application;
  /** Numbers that were published in all. */
  readonly count: number;
  /** How many ms after the cluster was healthy each workload had got something done. */
  readonly again: ReadonlyMap<string, number>;
  /** Objects that were put and read before the fault. */
  readonly objectsBefore: number;
  /** What the servers said of the consumers then, when not all was at work again. */
  readonly evidence: string;

  private constructor(
    stage: JetStreamStage,
    nc: Connection,
    app: Application,
    again: ReadonlyMap<string, number>,
    objectsBefore: number,
    evidence: string,
  ) {
    this.stage = stage;
    this.nc = nc;
    this.app = app;
    this.count = app.writer.count;
    this.again = again;
    this.objectsBefore = objectsBefore;
    this.evidence = evidence;
  }

  /** Resolves when the cluster is healthy after the fault, the application works again or had its time, and nothing is published any more. */
  static async of(fault: Fault): Promise<Ordeal> {
    const stage = await JetStreamStage.start();
    try {
      const [first, second] = stage.cluster.servers;
      const nc = await connect({ servers: stage.urlsFrom(first), noRandomize: true });
      const app = await Application.start(stage, nc);
      await stage.lead(fault.atLeader ? first : second);
      await until(() => app.all.every(({ progress }) => progress > 0), "everything at work");
      const { rounds } = app.objects;
      await fault.befall(stage, nc);
      await stage.healthy();
      const again = await app.goesOn(ALL_WITHIN_MS);
      const evidence = again.size === app.all.length ? "" : await stage.describe();
      await app.writer.stop();
      return new Ordeal(stage, nc, app, again, rounds, evidence);
    } catch (error) {
      await stage[Symbol.asyncDispose]();
      throw error;
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.nc.close();
    await this.stage[Symbol.asyncDispose]();
  }
}
