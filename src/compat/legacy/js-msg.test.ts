import { describe, expect, it } from "vitest";
import type { Connection, Msg } from "../../index.js";
import { CompatJsMsg } from "./js-msg.js";

const SHORT = "$JS.ACK.ORDERS.worker.2.17.9.1700000000123456789.4";
const LONG = "$JS.ACK.hub.ACC.ORDERS.worker.1.17.9.1700000000123456789.4.rnd";

function delivered(reply: string) {
  const answers: [string, string?][] = [];
  const asked: unknown[] = [];
  const respond = (payload: string, options?: { reply: string }) => {
    answers.push(options === undefined ? [payload] : [payload, options.reply]);
    return true;
  };
  const msg = { subject: "a", sid: 3, reply, data: new Uint8Array(), respond, string: () => "text" };
  const request = async (...args: unknown[]) => void asked.push(args);
  const jsMsg = new CompatJsMsg(msg as unknown as Msg, { request } as unknown as Connection, 5000);
  return { jsMsg, answers, asked };
}

describe("a message of a consumer", () => {
  it.each([
    [SHORT, "", "", 2, true],
    [LONG, "hub", "ACC", 1, false],
  ])("reads its delivery from %s", (reply, domain, account_hash, deliveryCount, redelivered) => {
    const { jsMsg } = delivered(reply);
    expect(jsMsg.info).toEqual({
      domain,
      account_hash,
      stream: "ORDERS",
      consumer: "worker",
      deliveryCount,
      redelivered,
      streamSequence: 17,
      deliverySequence: 9,
      timestampNanos: Number("1700000000123456789"),
      pending: 4,
    });
    expect([jsMsg.seq, jsMsg.redelivered, jsMsg.timestampNanos]).toEqual([
      17,
      redelivered,
      1700000000123456789n,
    ]);
    expect([jsMsg.timestamp, jsMsg.subject, jsMsg.sid]).toEqual(["2023-11-14T22:13:20.123Z", "a", 3]);
  });

  it("refuses to be what it is not", () => {
    expect(() => delivered("_INBOX.a").jsMsg.info).toThrow("not js message");
  });

  it("is settled once; that it is worked at settles nothing", () => {
    const { jsMsg, answers } = delivered(SHORT);
    jsMsg.working();
    jsMsg.ack();
    jsMsg.ack();
    jsMsg.nak();
    jsMsg.term();
    jsMsg.working();
    expect(answers).toEqual([["+WPI"], ["+ACK"]]);
  });

  it("nak with a delay in nanoseconds, term with a reason, next with what is wanted", () => {
    const nak = delivered(SHORT);
    nak.jsMsg.nak(250);
    const term = delivered(SHORT);
    term.jsMsg.term("bad");
    const next = delivered(SHORT);
    next.jsMsg.next("inbox", { batch: 2, expires: 1000 });
    expect([...nak.answers, ...term.answers, ...next.answers]).toEqual([
      ['-NAK {"delay":250000000}'],
      ["+TERM bad"],
      ['+NXT {"batch":2,"no_wait":false,"expires":1000000000}', "inbox"],
    ]);
  });

  it("ackAck asks the server, once", async () => {
    const { jsMsg, asked } = delivered(SHORT);
    expect([await jsMsg.ackAck(), await jsMsg.ackAck()]).toEqual([true, false]);
    expect(asked).toEqual([[SHORT, "+ACK", { timeout: 5000 }]]);
  });
});
