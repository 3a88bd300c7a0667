import { describe, expect, test } from "vitest";
import { codedError } from "../../checks/coded-error.js";
import { Listeners } from "../../checks/listeners.js";
import type { Connection, Msg } from "../../index.js";
import { readAckReply } from "./ack-reply.js";
import { type ConsumeContext, type ConsumeOptions, readConsumeOptions } from "./consume-options.js";
import { DeadLetters } from "./dead-letters.js";
import type { Delivery } from "./delivery.js";
import { CONSUMPTION_EVENTS, type ConsumptionEvents } from "./events.js";
import type { JetStreamManager } from "./jetstream.js";
import { Ledger } from "./ledger.js";
import { Processing } from "./processing.js";

type Handler = (data: Delivery, context: ConsumeContext) => unknown;

/** A processing whose connection writes down what is said, and answers what is asked as `asked` says. */
function processing(
  options: Partial<ConsumeOptions>,
  handler: Handler,
  asked = async () => '{"stream":"D","seq":1}',
) {
  const settings = readConsumeOptions({
    stream: "S",
    durable: "d",
    codec: "none",
    timeout: 0,
    deadLetter: "dead",
    ...options,
  } as ConsumeOptions);
  const said: string[] = [];
  const stored: unknown[] = [];
  const errors: string[] = [];
  const link = { server: "a" };
  const nc = {
    options: {},
    isClosed: () => false,
    getServer: () => link.server,
    // The delivery's count, and what is said of it.
    publish: (reply: string, payload: string) => said.push(`${reply.split(".")[4]}:${payload}`),
    request: async (subject: string, payload: unknown, { headers }: { headers?: unknown } = {}) => {
      if (subject.startsWith("$JS.ACK")) said.push(`${subject.split(".")[4]}:${payload}?`);
      else stored.push(headers);
      const answer = await asked();
      return { string: () => answer };
    },
    report: (error: Error) => errors.push(error.message),
  } as unknown as Connection;
  const { deadLetter } = settings;
  let freed = 0;
  const made = new Processing(
    {
      nc,
      settings,
      listeners: new Listeners<ConsumptionEvents>(CONSUMPTION_EVENTS, (error) => nc.report(error)),
      ledger: new Ledger(),
      deadLetters:
        deadLetter === undefined
          ? undefined
          : new DeadLetters(nc, {} as JetStreamManager, deadLetter, settings),
      freed: () => freed++,
    },
    handler as never,
  );
  const deliver = (count: number, more: object = {}) => {
    const reply = `$JS.ACK.S.d.${count}.7.${count}.1700000000123456789.0`;
    const msg = { subject: "s", reply, data: new Uint8Array(1), headers: undefined, sid: 1 };
    Object.defineProperties(msg, Object.getOwnPropertyDescriptors(more));
    made.arrived(msg as unknown as Msg, readAckReply(reply)!);
  };
  return { made, deliver, said, stored, errors, link, freed: () => freed };
}

/** A handler whose tries end when the test says so. */
function handled() {
  const tries: { msg: Delivery; resolve: () => void; reject: (error: Error) => void }[] = [];
  const handler = (msg: Delivery) =>
    new Promise<void>((resolve, reject) => tries.push({ msg, resolve, reject }));
  return { tries, handler };
}

const settle = () => new Promise((resolve) => setImmediate(resolve));
const error = codedError("HANDLER_TIMEOUT", "stopped");

describe("a handler that answers by itself", () => {
  test("and hands back what comes again before it returns: it is handed back once more, not acknowledged", async () => {
    const { tries, handler } = handled();
    const { made, deliver, said } = processing({}, handler);
    deliver(1);
    tries[0].msg.nak(50);
    deliver(2);
    expect(said).toEqual(['1:-NAK {"delay":50000000}']);
    made.touch(0);
    expect(said.splice(0)).toEqual(['1:-NAK {"delay":50000000}', "2:+WPI"]);
    tries[0].resolve();
    await settle();
    expect(said.splice(0)).toEqual(["2:-NAK"]);
    expect([made.size, made.running, made.counts.handled]).toEqual([0, 0, 0]);
    // It is not done with.
    deliver(3);
    expect(tries).toHaveLength(2);
    tries[1].msg.nak();
    deliver(4);
    tries[1].reject(new Error("no"));
    await settle();
    expect(said).toEqual(["3:-NAK", "4:-NAK"]);
    expect(made.counts.retried).toBe(0);
  });

  test.each([
    ["ack", "2:+ACK"],
    ["nak", "2:-NAK"],
    ["term", "2:+TERM"],
  ] as const)("with %s() after the message came again: that is the last word", async (answer, word) => {
    for (const end of ["resolve", "reject"] as const) {
      const { tries, handler } = handled();
      const { made, deliver, said, stored } = processing({ maxDeliver: 1 }, handler);
      deliver(1);
      deliver(2);
      tries[0].msg[answer]();
      tries[0].msg.ack();
      expect(tries[0].msg.answered).toBe(answer);
      tries[0][end](new Error("afterwards"));
      await settle();
      expect(said).toEqual([word]);
      expect([made.size, stored.length]).toEqual([0, 0]);
    }
  });

  test("with ack() that the server has not got: it is repeated", async () => {
    const { tries, handler } = handled();
    const { deliver, said } = processing({}, handler);
    deliver(1);
    tries[0].msg.ack();
    deliver(2);
    tries[0].resolve();
    await settle();
    deliver(3);
    expect(said).toEqual(["1:+ACK", "2:+ACK", "3:+ACK"]);
  });
});

describe("an acknowledgement that is not confirmed", () => {
  const lost = () => Promise.reject(new Error("timeout"));

  test("and a handler that fails: a failed try", async () => {
    const { tries, handler } = handled();
    const { made, deliver, said } = processing({ backoff: { initial: 1_000, jitter: 0 } }, handler, lost);
    deliver(1);
    expect(await tries[0].msg.ackAck()).toBe(false);
    tries[0].reject(new Error("rolled back"));
    await settle();
    expect(said).toEqual(["1:+ACK?", '1:-NAK {"delay":1000000000}']);
    expect(made.counts.retried).toBe(1);
    deliver(2);
    expect(tries).toHaveLength(2);
  });

  test("and a handler that returns: it is acknowledged again", async () => {
    const { tries, handler } = handled();
    const { deliver, said } = processing({}, handler, lost);
    deliver(1);
    await tries[0].msg.ackAck();
    tries[0].resolve();
    await settle();
    expect(said).toEqual(["1:+ACK?", "1:+ACK"]);
  });

  test("while the message comes again, or the handler fails before that is known", async () => {
    const { tries, handler } = handled();
    let fail: (error: Error) => void = () => {};
    const { made, deliver, said } = processing(
      { backoff: { initial: 1_000, jitter: 0 } },
      handler,
      () =>
        new Promise<string>((_, reject) => {
          fail = reject;
        }),
    );
    deliver(1);
    const confirmed = tries[0].msg.ackAck();
    deliver(2);
    expect(said).toEqual(["1:+ACK?"]);
    tries[0].reject(new Error("out of time"));
    await settle();
    expect(made.size).toBe(1);
    fail(new Error("timeout"));
    expect(await confirmed).toBe(false);
    await settle();
    expect(said).toEqual(["1:+ACK?", '2:-NAK {"delay":1000000000}']);
    expect(made.size).toBe(0);
  });
});

describe("whatever a message is like, its place is given back", () => {
  const unreadable = {
    get headers(): never {
      throw new Error("'A B' is not a valid character in a header name");
    },
  };

  test("when its headers cannot be read: it is a dead letter without them", async () => {
    const { made, deliver, said, stored, errors } = processing({ maxDeliver: 1 }, () => {
      throw new Error("no");
    });
    deliver(1, unreadable);
    await settle();
    expect(stored).toHaveLength(1);
    expect(said).toEqual(["1:+TERM it is a dead letter"]);
    expect([made.size, made.running]).toEqual([0, 0]);
    expect(errors).toEqual([expect.stringContaining("failed: no")]);
  });

  test.each([
    ["a try", { maxDeliver: 2 }, '1:-NAK {"delay":1000000000}'],
    ["the last try", { maxDeliver: 1, deadLetter: undefined }, "1:+TERM it was given up"],
    ["its dead letter", { maxDeliver: 1 }, "1:+TERM it is a dead letter"],
  ])("when something unforeseen is thrown after %s", async (_, options, word) => {
    const { made, deliver, said, errors } = processing(options, () => {
      throw new Error("no");
    });
    const { listeners } = (made as unknown as { host: { listeners: Listeners<ConsumptionEvents> } }).host;
    listeners.emit = () => {
      throw new Error("unforeseen");
    };
    deliver(1);
    await settle();
    expect(said).toEqual([word]);
    expect([made.size, made.running]).toEqual([0, 0]);
    expect(errors.at(-1)).toContain("unforeseen");
  });
});

test("what stop() has handed back while pulls are under way is not given up", async () => {
  const { tries, handler } = handled();
  const { made, deliver, said, stored, errors } = processing({ maxDeliver: 1, timeout: 1_000 }, handler);
  deliver(1);
  made.stopping();
  made.handBackAll(error);
  await settle();
  expect([said, stored, errors, tries.length]).toEqual([[], [], [], 1]);
  await made.stop();
  expect(said).toEqual(["1:-NAK"]);
  expect(made.size).toBe(0);
});

test("a message of which the server could not be told, for want of a link, is told of by the next look", async () => {
  const { tries, handler } = handled();
  const { made, deliver, said, link } = processing({}, handler);
  deliver(1);
  const { held } = made as unknown as { held: Map<number, { touchedAt: number }> };
  const [message] = held.values();
  const cameAt = message.touchedAt;
  link.server = "";
  made.touch(0);
  expect(said).toEqual([]);
  // It still waits to be told of since it has come.
  expect(message.touchedAt).toBe(cameAt);
  link.server = "b";
  made.touch(performance.now() - cameAt);
  expect(said).toEqual(["1:+WPI"]);
  tries[0].resolve();
  await settle();
});
