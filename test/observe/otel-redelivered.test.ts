import { jetstream, jetstreamManager } from "@nats-io/jetstream";
import { afterAll, beforeAll, expect, it } from "vitest";
import { connect } from "../../src/index.js";
import { instrument } from "../../src/observe/otel/index.js";
import { consume, type Delivery } from "../../src/service/index.js";
import { NatsServer } from "../../src/testing/server.js";
import { until } from "../support/until.js";
import { Collected, useContextManager } from "./otel-collected.js";

let server: NatsServer;
let manager: { disable(): void };
beforeAll(async () => {
  manager = useContextManager();
  server = await NatsServer.start({ jetstream: true });
});
afterAll(async () => {
  await server?.close();
  manager.disable();
});

it("a message that comes again while it is tried in its place has one span, also with process() in its handler", async () => {
  await using seen = new Collected();
  await using nc = await connect({ servers: server.url });
  await using other = await connect({ servers: server.url });
  const jsm = await jetstreamManager(other);
  await jsm.streams.add({ name: "AGAIN", subjects: ["AGAIN.>"] });
  const filter = (subject: string) => !subject.startsWith("$JS.API.");
  const tracing = instrument(nc, { ...seen.options, filter });
  const processed = () => seen.spans.filter(({ name }) => name === "process");
  const seenBy: Delivery[] = [];
  let done = 0;
  const backoff = { initial: 1, jitter: 0 };
  await using consumption = await consume(
    nc,
    {
      stream: "AGAIN",
      durable: "books",
      ensure: { consumer: {} },
      codec: "none",
      retry: "inPlace",
      backoff,
    },
    (msg, { attempt }) =>
      tracing.process(msg, async () => {
        seenBy.push(msg);
        if (attempt < 3) {
          // As if the server had not heard for too long that it is being worked on.
          other.publish(msg.reply, "-NAK");
          await until(() => consumption.facts().redelivered === attempt, "the message again");
          throw new Error("not yet");
        }
        done++;
      }),
  );
  await jetstream(other).publish("AGAIN.a", "1");
  await until(() => done === 1 && processed().length > 0, "the message");
  await consumption.stop();
  expect(new Set(seenBy.map(({ reply }) => reply)).size).toBe(3);
  expect(processed().map(({ events }) => events.length)).toEqual([2]);

  // The span is over: what is done with a message then has one of its own.
  for (const msg of seenBy) await tracing.process(msg, async () => {});
  expect(processed()).toHaveLength(4);
});
