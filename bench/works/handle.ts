import type { Msg } from "@nats-io/nats-core";
import { loadHoldfast } from "../clients/holdfast.js";
import { type Feed, SUBJECT } from "../processes/messages.js";
import { Tally } from "../processes/tally.js";
import { oneStep, type Perform } from "./stage.js";
import { type HandleWork, scaled, WARM_PART } from "./work.js";

const MESSAGES = 300_000;

/** What is in the payload: a document as services send them. */
interface Order {
  id: number;
}

export const handle: Perform<HandleWork> = async (work, job, stage) => {
  const { size, by } = work;
  const measured = scaled(MESSAGES, job.ms);
  const warm = Math.ceil(measured * WARM_PART);
  const { sample, take } = new Tally({ warm, warmMs: job.ms * WARM_PART, measured, ms: job.ms, size });
  const nc = await (await loadHoldfast(job.where, job.library))();
  job.opened?.(() => nc.close());
  const count = async ({ id }: Order) => take(1, id === 4711 ? size : 0);
  const { handle } = await serviceOf(job.library);
  if (by === "handle") handle(nc, SUBJECT, count);
  else if (by === "handle without decoding")
    handle(nc, SUBJECT, async () => take(1, size), { codec: "none" });
  else if (by === "callback") nc.subscribe(SUBJECT, { callback: async (_, msg: Msg) => count(msg.json()) });
  else nc.subscribe(SUBJECT, { callback: async () => take(1, size) });
  await nc.flush();
  const subjects = { prefix: SUBJECT, count: 1 };
  const feed: Feed = { messages: warm + measured, subjects, size, headers: false, json: true };
  await stage.held(feed);
  return oneStep(work, await sample);
};

/** The service kit of the build that is measured. */
async function serviceOf(library: string | undefined): Promise<typeof import("../../src/service/index.js")> {
  if (library === undefined) return import("../../src/service/index.js");
  return import(new URL("./service/index.js", library).href);
}
