import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { FrameFilter, type FrameRule, type Verdict } from "./frame-filter.js";
import type { Verb } from "./toxics.js";

const rule = (judge: (verb: Verb, line: Buffer) => Verdict): FrameRule => ({
  judge,
  updated() {},
  release() {},
  dispose() {},
});
const dropping = (...verbs: Verb[]) => rule((verb) => (verbs.includes(verb) ? "drop" : "pass"));

/** A filter, and what comes out of it. */
function setUp(...rules: FrameRule[]) {
  const filter = new FrameFilter();
  const written: Buffer[] = [];
  const ends: string[] = [];
  filter.next = { write: (data) => written.push(data), end: (how) => ends.push(how) };
  filter.setRules(rules);
  return {
    filter,
    written,
    ends,
    feed: (...parts: (string | Buffer)[]) => {
      for (const part of parts) filter.write(Buffer.from(part));
    },
    text: () => Buffer.concat(written).toString("latin1"),
  };
}

const FRAMES = [
  'INFO {"a":1}\r\n',
  "PING\r\n",
  "MSG a 1 6\r\nPONG\r\n\r\n",
  "PONG\r\n",
  "MSG b 1 0\r\n\r\n",
  "HMSG c 1 12 18\r\nNATS/1.0\r\n\r\nPING\r\n\r\n",
  "PONG\r\n",
  "MSG pong 1 4\r\nPONG\r\n",
];

describe("without rules", () => {
  it("hands on the very buffers that it is given", () => {
    const { filter, written } = setUp();
    const parts = ["MSG a 1 6\r\nPO", "NG\r\n\r\n", "garb", "age"].map((text) => Buffer.from(text));
    for (const part of parts) filter.write(part);
    expect(written).toEqual(parts);
    for (const [i, part] of parts.entries()) expect(written[i]).toBe(part);
  });

  it("passes the end on", () => {
    const { filter, ends } = setUp();
    filter.end("rst");
    expect(ends).toEqual(["rst"]);
  });
});

describe("rules", () => {
  it("drop whole frames of a verb, with their payload, in whatever pieces they come", () => {
    const parts = fc.array(fc.string({ minLength: 1, maxLength: 9 }), { minLength: 1 });
    const verbs = fc.subarray<Verb>(["INFO", "PING", "PONG", "MSG", "HMSG"]);
    fc.assert(
      fc.property(fc.shuffledSubarray(FRAMES), parts, verbs, (frames, sizes, dropped) => {
        const { feed, text } = setUp(dropping(...dropped));
        const data = frames.join("");
        for (let at = 0, i = 0; at < data.length; at += sizes[i % sizes.length].length, i++) {
          feed(data.slice(at, at + sizes[i % sizes.length].length));
        }
        expect(text()).toBe(
          frames.filter((frame) => !dropped.includes(/^\S+/.exec(frame)![0] as Verb)).join(""),
        );
      }),
    );
  });

  it("that come in the middle of a frame begin with the next one", () => {
    const { filter, feed, text } = setUp();
    feed("MSG a 1 6\r\nPO");
    filter.setRules([dropping("MSG", "PING")]);
    feed("NG\r\n\r\nMSG b 1 1\r\nx\r\nPONG\r\nPI");
    expect(text()).toBe("MSG a 1 6\r\nPONG\r\n\r\nPONG\r\n");
    filter.setRules([]);
    expect(text()).toBe("MSG a 1 6\r\nPONG\r\n\r\nPONG\r\nPI");
    feed("NG\r\n");
    expect(text()).toBe("MSG a 1 6\r\nPONG\r\n\r\nPONG\r\nPING\r\n");
    feed("PO");
    filter.setRules([dropping("PONG")]);
    feed("NG\r\nPONG\r\n+OK\r\n");
    expect(text()).toMatch(/PING\r\nPONG\r\n\+OK\r\n$/);
  });

  it("that go in the middle of a frame that is dropped leave nothing of it", () => {
    const { filter, feed, text } = setUp(dropping("MSG"));
    feed("PING\r\nMSG a 1 10\r\n01234");
    filter.setRules([]);
    feed("56789\r\nPONG\r\n");
    expect(text()).toBe("PING\r\nPONG\r\n");
  });

  it("put another line in place, and the next rule sees that one", () => {
    const seen: string[] = [];
    const { feed, text } = setUp(
      rule((verb) => (verb === "INFO" ? Buffer.from("INFO {}\r\n") : "pass")),
      rule((_, line) => {
        seen.push(line.toString());
        return "pass";
      }),
    );
    feed("INFO {", '"a":1}\r\nMSG a 1 3\r\nabc', "\r\n");
    expect(text()).toBe("INFO {}\r\nMSG a 1 3\r\nabc\r\n");
    expect(seen).toEqual(["INFO {}\r\n", "MSG a 1 3\r\n"]);
  });

  it("have no say in what is no protocol; it passes as it is", () => {
    const { feed, text } = setUp(dropping("PONG"));
    feed("PONG\r\nPING\r\nhel", "lo\r\nPONG\r\n", "PONG\r\n");
    expect(text()).toBe("PING\r\nhello\r\nPONG\r\nPONG\r\n");
  });

  it("hold nothing of TLS back, once the INFO has been said", () => {
    const { feed, written } = setUp(dropping("PONG"));
    feed("INFO {}\r\n");
    const records = [[0x16, 0x03, 0x01, 0x01, 0x20, 0x01], [0x20, 0x09, 0x16], [...Buffer.from("PONG\r\n")]];
    for (const bytes of records) {
      feed(Buffer.from(bytes));
      expect([...written.at(-1)!]).toEqual(bytes);
    }
  });

  it("lose nothing of a line that is not complete when the stream ends", () => {
    const { filter, feed, text, ends } = setUp(dropping("PONG"));
    feed("PING\r\nPON");
    filter.end("fin");
    expect([text(), ends]).toEqual(["PING\r\nPON", ["fin"]]);
  });
});

describe("insertions", () => {
  const line = (text: string) => () => Buffer.from(`${text}\r\n`);

  it("go in at once between two frames", () => {
    const { filter, feed, text } = setUp();
    feed("INFO {}\r\n");
    filter.insert(line("+X"));
    expect(text()).toBe("INFO {}\r\n+X\r\n");
  });

  it("wait for the end of the first frame, on a link through which nothing has gone", () => {
    const { filter, feed, text } = setUp();
    filter.insert(line("+X"));
    expect(text()).toBe("");
    feed("INF", "O {}", "\r\nPING\r\n");
    expect(text()).toBe("INFO {}\r\n+X\r\nPING\r\n");
  });

  it("never go into a frame, wherever it is cut", () => {
    const data = FRAMES.join("");
    const boundaries = FRAMES.map((_, i) => FRAMES.slice(0, i + 1).join("").length);
    for (let cut = 0; cut <= data.length; cut++) {
      const { filter, feed, text } = setUp();
      feed(data.slice(0, cut));
      filter.insert(line("+X"));
      feed(data.slice(cut));
      const at = boundaries.find((boundary) => boundary >= cut)!;
      expect(text()).toBe(`${data.slice(0, at)}+X\r\n${data.slice(at)}`);
    }
  });

  it("can be taken back, and may have nothing to say", () => {
    const { filter, feed, text } = setUp();
    const taken = line("+X");
    filter.insert(taken);
    filter.insert(() => undefined);
    filter.retract(taken);
    feed("PING\r\nPING\r\n");
    expect(text()).toBe("PING\r\nPING\r\n");
  });

  it("never come into what is no protocol", () => {
    const { filter, feed, text } = setUp();
    feed("PING\r\nhello\r\n");
    filter.insert(line("+X"));
    feed("PING\r\n");
    expect(text()).toBe("PING\r\nhello\r\nPING\r\n");
  });
});
