import { Empty, MsgHdrsImpl } from "@nats-io/nats-core";
import { describe, expect, it } from "vitest";
import type { Msg } from "../index.js";
import { checkJsError, isFlowControlMsg, isHeartbeatMsg, isTerminal } from "./js-status.js";

const status = (code: number, description: string, data = Empty) =>
  ({ data, headers: new MsgHdrsImpl(code, description) }) as unknown as Msg;
const message = { data: new Uint8Array(1) } as Msg;

describe("messages of a consumer that are none", () => {
  it("are told by their status, and only without a payload", () => {
    expect(checkJsError(status(404, "No Messages"))?.code).toBe("404");
    expect(checkJsError(status(404, "No Messages", new Uint8Array(1)))).toBeNull();
    expect(checkJsError(message)).toBeNull();
    expect(checkJsError({ data: Empty } as Msg)).toBeNull();
  });

  it("heartbeats and flow control are no errors", () => {
    const [heartbeat, flow] = [status(100, "Idle Heartbeat"), status(100, "FlowControl Request")];
    expect([heartbeat, flow, message].map(isFlowControlMsg)).toEqual([true, true, false]);
    expect([heartbeat, flow, message].map(isHeartbeatMsg)).toEqual([true, false, false]);
    expect([heartbeat, flow].map(checkJsError)).toEqual([null, null]);
  });

  it.each([
    [404, "No Messages", false],
    [408, "Request Timeout", false],
    [409, "Exceeded MaxWaiting", false],
    [409, "Leadership Change", false],
    [409, "Consumer Deleted", true],
    [409, "Exceeded MaxRequestBatch of 5", true],
    [409, "Idle Heartbeats Missed: 2", true],
    [503, "", true],
    [400, "Bad Request", true],
  ])("%d %s ends what asked: %s", (code, text, terminal) => {
    expect(isTerminal(checkJsError(status(code, text))!)).toBe(terminal);
  });
});
