import { expect, it } from "vitest";
import { answersTo } from "./answering.js";

const request = (reply: string, payload: string) => `MSG ask 1 ${reply} ${payload.length}\r\n${payload}\r\n`;

it("answers whole requests, and leaves the rest for later", () => {
  const text = `${request("_INBOX.a.1", "one")}PING\r\n${request("_INBOX.a.2", "")}${request("_INBOX.a.3", "three")}`;
  const cut = Buffer.from(text.slice(0, -4));
  const { answers, read } = answersTo(cut);
  expect(answers).toBe("PUB _INBOX.a.1 3\r\none\r\nPONG\r\nPUB _INBOX.a.2 0\r\n\r\n");
  expect(answersTo(Buffer.from(text.slice(read))).answers).toBe("PUB _INBOX.a.3 5\r\nthree\r\n");
});

it("takes nothing of a line that is not whole", () => {
  expect(answersTo(Buffer.from("MSG ask 1 _IN"))).toEqual({ answers: "", read: 0 });
});
