import { expect, it } from "vitest";
import { deliveredSize, publishFrame, readyMade } from "./frames.js";

const payload = Buffer.from("abc");

it("frames are those of the protocol", () => {
  expect(publishFrame("a.b", { payload, headers: false }).toString()).toBe("PUB a.b 3\r\nabc\r\n");
  expect(publishFrame("a.b", { payload, headers: false }, "back").toString()).toBe(
    "PUB a.b back 3\r\nabc\r\n",
  );
  const [line, ...rest] = publishFrame("a.b", { payload, headers: true }).toString().split("\r\n");
  const [head, total] = /^HPUB a\.b (\d+) (\d+)$/.exec(line)!.slice(1).map(Number);
  const headers = `${rest.slice(0, -2).join("\r\n")}\r\n`;
  expect(headers).toMatch(/^NATS\/1\.0\r\ntrace: .*\r\nkind: .*\r\n\r\n$/);
  expect([head, total]).toEqual([headers.length, headers.length + 3]);
});

it("a write has as many frames as fit, of all subjects equally many", () => {
  const { bytes, messages } = readyMade({ subjects: ["a", "b"], payload, headers: false });
  expect(bytes.length).toBeLessThanOrEqual(64 * 1024);
  expect(messages % 2).toBe(0);
  expect(bytes.toString().split("PUB a").length).toBe(messages / 2 + 1);
  const many = Array.from({ length: 10_000 }, (_, number) => `s.${number}`);
  expect(readyMade({ subjects: many, payload, headers: false }).messages).toBe(10_000);
});

it("knows how large a message arrives", () => {
  expect(deliveredSize("a.b", 1, { payload, headers: false })).toBe("MSG a.b 1 3\r\nabc\r\n".length);
  const sent = publishFrame("a.b", { payload, headers: true }).length;
  expect(deliveredSize("a.b", 1, { payload, headers: true })).toBe(sent + "HMSG 1 ".length - "HPUB ".length);
});
