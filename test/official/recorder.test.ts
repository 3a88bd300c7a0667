import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { type Connection, connect } from "../../src/index.js";
import { NatsServer } from "../../src/testing/server.js";
import { exerciseJetStream } from "./jetstream-exercise.js";
import { Recorder } from "./recorder.js";
import { exerciseServices } from "./services-exercise.js";
import { exerciseKv, exerciseObjects } from "./stores-exercise.js";

/** What the official packages of this checkout reach for, and we serve. */
const SERVED = `
answers.[Symbol.asyncIterator] answers.next
features.get
info.api_lvl info.cluster info.max_payload
msg.data msg.headers msg.json msg.publisher msg.reply msg.respond msg.respond({headers}) msg.size msg.string msg.subject
mux.baseInbox mux.cancel
nc._resub nc.addCloseListener nc.addCloseListener({connectionClosedCallback}) nc.closed nc.features nc.getServerVersion
nc.info nc.isClosed nc.options nc.publish nc.publish({headers}) nc.publish({reply}) nc.removeCloseListener
nc.removeCloseListener({connectionClosedCallback}) nc.request nc.request({headers}) nc.request({timeout}) nc.requestMany
nc.requestMany({maxWait}) nc.requestMany({strategy}) nc.status nc.subscribe nc.subscribe({callback}) nc.subscribe({queue})
nc.subscribe({timeout})
options.inboxPrefix options.noAsyncTraces
publisher.muxSubscriptions publisher.options publisher.publish publisher.publish({reply}) publisher.request
status.[Symbol.asyncIterator] status.stop
sub.closed sub.drain sub.getSubject sub.isDraining sub.unsubscribe
`;

/** What they ask for and may miss: options of a request that are no options of ours, and what tells a client from a connection. */
const NOT_SERVED = ["nc.nc", "nc.request({action})"];

/** Optional by nature: whether they are there depends on options and server. */
const OPTIONAL = ["options.inboxPrefix", "options.noAsyncTraces", "info.cluster", "info.api_lvl"];

let server: NatsServer;
let nc: Connection;
beforeAll(async () => {
  server = await NatsServer.start({ jetstream: true });
  nc = await connect({ servers: server.url });
});
afterAll(async () => {
  await nc?.close();
  await server?.close();
});

/** The notes of `exercise`, and what of them is not served. */
async function record(exercise: (watched: Connection) => Promise<void>) {
  const recorder = new Recorder();
  await exercise(recorder.connection(nc));
  const known = new Set([...SERVED.trim().split(/\s+/), ...NOT_SERVED]);
  const touched = [...recorder.touched];
  const absent = [...recorder.absent].filter((name) => ![...NOT_SERVED, ...OPTIONAL].includes(name));
  return { touched, unknown: touched.filter((name) => !known.has(name)), absent };
}

describe("what the official packages reach for", () => {
  it.each<[string, (watched: Connection) => Promise<void>, string]>([
    ["@nats-io/jetstream", exerciseJetStream, "nc._resub"],
    ["@nats-io/kv", exerciseKv, "nc.features"],
    ["@nats-io/obj", exerciseObjects, "info.max_payload"],
    ["@nats-io/services", (watched) => exerciseServices(watched, nc), "nc.requestMany"],
  ])("%s: we serve it", async (_, exercise, certain) => {
    const { touched, unknown, absent } = await record(exercise);
    expect(touched, "the recorder records").toContain(certain);
    expect(unknown, "new: serve it, test it, and enter it into SERVED").toEqual([]);
    expect(absent, "asked for, and not there").toEqual([]);
  });
});

describe("the recorder", () => {
  it("notes what a package of tomorrow would reach for, and that it is not there", async () => {
    const { unknown, absent } = await record(async (watched) => {
      (watched as unknown as Record<string, unknown>).tomorrow;
      watched.subscribe("a", { fromTomorrow: true, callback: () => {} } as never).unsubscribe();
    });
    expect(unknown).toEqual(["nc.tomorrow", "nc.subscribe({fromTomorrow})"]);
    expect(absent).toEqual(["nc.tomorrow"]);
  });
});
