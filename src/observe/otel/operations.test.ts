import { describe, expect, it } from "vitest";
import {
  consumerOf,
  isAckSubject,
  operationOfPublish,
  operationOfRequest,
  PUBLISH,
  REQUEST,
} from "./operations.js";

const ACK = "$JS.ACK.ORDERS.worker.1.2.3.4.5";

describe("what a publish is", () => {
  it.each(["orders", "_INBOX.a.b", "$KV.bucket.key", "$O.bucket.C.x", "$SRV.PING", "$JSX.y", "$"])(
    "to %s: a message",
    (subject) => expect(operationOfPublish(subject, "x")).toBe(PUBLISH),
  );

  it.each([
    ["ack", undefined],
    ["ack", ""],
    ["ack", "+ACK"],
    ["ack", new Uint8Array([43, 65, 67, 75])],
    ["nak", "-NAK"],
    ["nak", Buffer.from('-NAK {"delay":1}')],
    ["term", "+TERM broken"],
    ["working", "+WPI"],
    ["next", "+NXT"],
    ["ack", "something else"],
  ])("to an acknowledgement's subject: %s (%s)", (name, payload) => {
    const operation = operationOfPublish(ACK, payload);
    expect(operation).toMatchObject({ name, type: "settle", kind: "CLIENT", carries: false });
  });

  it.each(["$JS.API.CONSUMER.MSG.NEXT.S.c", "$JS.hub.API.CONSUMER.MSG.NEXT.S.c", "$JS.FC.S.c.1"])(
    "to %s: JetStream's own business",
    (subject) => expect(operationOfPublish(subject, "x")).toBeUndefined(),
  );
});

it("a request to JetStream's API takes no context along, and is no message", () => {
  expect(operationOfRequest("$JS.API.INFO")).toMatchObject({
    name: "request",
    type: undefined,
    carries: false,
  });
  expect(operationOfRequest("orders")).toBe(REQUEST);
});

it.each([
  [ACK, { stream: "ORDERS", consumer: "worker" }],
  ["$JS.ACK.hub.hash.ORDERS.worker.1.2.3.4.5", { stream: "ORDERS", consumer: "worker" }],
  ["$JS.ACK._.hash.ORDERS.worker.1.2.3.4.5.random", { stream: "ORDERS", consumer: "worker" }],
  ["$JS.ACK.ORDERS", undefined],
  ["$JS.ACK.1.2.3.4.5.6.7.8", undefined],
])("finds stream and consumer in %s", (subject, found) => expect(consumerOf(subject)).toEqual(found));

it("knows the reply subject of a JetStream consumer", () => {
  expect([isAckSubject(ACK), isAckSubject("_INBOX.x"), isAckSubject("")]).toEqual([true, false, false]);
});
