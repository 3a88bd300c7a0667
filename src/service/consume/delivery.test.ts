import type { JsMsg } from "@nats-io/jetstream";
import { expect, test } from "vitest";
import type { Msg } from "../../index.js";
import { readAckReply } from "./ack-reply.js";
import { Delivery } from "./delivery.js";

const REPLY = "$JS.ACK.S.c.2.10.12.1700000000123456789.3";

function delivery() {
  const written: string[] = [];
  const msg = {
    subject: "a",
    reply: REPLY,
    data: new Uint8Array(),
    sid: 7,
    headers: undefined,
  } as unknown as Msg;
  const made = new Delivery(msg, readAckReply(REPLY)!, {
    answer: (_, payload) => {
      written.push(payload);
      return true;
    },
    answerConfirmed: async (_, payload) => {
      written.push(`${payload}?`);
      return true;
    },
  });
  return { made, written };
}

test("is a JsMsg of the official package", () => {
  const msg: JsMsg = delivery().made;
  expect(msg.seq).toBe(10);
  expect(msg.redelivered).toBe(true);
  expect(msg.time.toISOString()).toBe("2023-11-14T22:13:20.123Z");
  expect(msg.timestampNanos).toBe(1700000000123456789n);
  expect(msg.info).toMatchObject({
    stream: "S",
    consumer: "c",
    deliveryCount: 2,
    streamSequence: 10,
    deliverySequence: 12,
    pending: 3,
  });
});

test("is answered once, whatever is said afterwards", async () => {
  const { made, written } = delivery();
  made.working();
  made.nak(250);
  made.ack();
  made.term("x");
  made.working();
  expect(await made.ackAck()).toBe(false);
  expect(written).toEqual(["+WPI", '-NAK {"delay":250000000}']);
  expect(made.answered).toBe("nak");
});

test("each answer as the server reads it", async () => {
  const said = async (action: (msg: Delivery) => unknown) => {
    const { made, written } = delivery();
    await action(made);
    return written;
  };
  expect(await said((msg) => msg.ack())).toEqual(["+ACK"]);
  expect(await said((msg) => msg.nak())).toEqual(["-NAK"]);
  expect(await said((msg) => msg.nak(0.5))).toEqual(['-NAK {"delay":1000000}']);
  expect(await said((msg) => msg.term())).toEqual(["+TERM"]);
  expect(await said((msg) => msg.term("two\r\nlines"))).toEqual(["+TERM two lines"]);
  expect(await said((msg) => msg.ackAck())).toEqual(["+ACK?"]);
  expect(() => delivery().made.next()).toThrow(expect.objectContaining({ code: "INVALID_OPERATION" }));
});
