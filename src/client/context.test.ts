import { expect, it } from "vitest";
import type { Msg } from "../interop/nats-core.js";
import { toContext } from "./context.js";

it("the answer of the server: its time is a Date, all else as it was sent", () => {
  const text =
    '{"server":{"ver":"2.15.1","time":"2026-01-02T03:04:05.678Z"},"data":{"user":"u","account":"A"}}';
  const answer = { json: (reviver: never) => JSON.parse(text, reviver) } as unknown as Msg;
  expect(toContext(answer)).toEqual({
    server: { ver: "2.15.1", time: new Date("2026-01-02T03:04:05.678Z") },
    data: { user: "u", account: "A" },
  });
});
