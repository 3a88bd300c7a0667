import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { CodedError } from "../errors.js";
import { MAX_INBOUND_PAYLOAD, MAX_INFO_LINE, MAX_SERVER_LINE } from "./limits.js";
import { Parser, type ParserSink } from "./parser.js";

/** One delivered frame as plain text (latin1, so that every byte is told apart). */
type Told = readonly string[];

/** Writes down what is delivered, as copies made at once. */
class Recorder implements ParserSink {
  readonly told: Told[] = [];
  /** Called after each delivery. */
  after: () => void = () => {};

  onMessage(
    buf: Buffer,
    sid: number,
    subject: number,
    subjectEnd: number,
    reply: number,
    replyEnd: number,
    start: number,
    body: number,
    end: number,
  ): void {
    const part = (from: number, to: number) => buf.latin1Slice(from, to);
    this.tell(
      "MSG",
      String(sid),
      part(subject, subjectEnd),
      part(reply, replyEnd),
      part(start, body),
      part(body, end),
    );
  }
  onInfo(json: string): void {
    this.tell("INFO", json);
  }
  onPing(): void {
    this.tell("PING");
  }
  onPong(): void {
    this.tell("PONG");
  }
  onOk(): void {
    this.tell("+OK");
  }
  onError(text: string): void {
    this.tell("-ERR", text);
  }
  private tell(...frame: string[]): void {
    this.told.push(frame);
    this.after();
  }
}

function bytes(text: string): Buffer {
  return Buffer.from(text, "latin1");
}

function parseAll(reads: readonly Buffer[], maxPayload?: number): Told[] {
  const sink = new Recorder();
  const parser = new Parser(sink, maxPayload);
  for (const read of reads) parser.parse(read);
  expect(parser.held).toBe(0);
  return sink.told;
}

/** Cuts `whole` at the offsets; each piece is a copy, which is spoilt when its read is over. */
function parsePieces(whole: Buffer, cuts: readonly number[]): Told[] {
  const sink = new Recorder();
  const parser = new Parser(sink);
  let from = 0;
  for (const to of [...cuts, whole.length]) {
    const piece = Buffer.from(whole.subarray(from, to));
    parser.parse(piece);
    piece.fill(0);
    from = to;
  }
  expect(parser.held).toBe(0);
  return sink.told;
}

function failure(run: () => void): CodedError {
  try {
    run();
  } catch (error) {
    expect(error).toBeInstanceOf(CodedError);
    return error as CodedError;
  }
  throw new Error("nothing was thrown");
}

const HDR = "NATS/1.0\r\nA: b\r\n\r\n";
const TRAP = "\r\nMSG x 1 3\r\nabc\r\nPING\r\n-ERR 'no'\r\n";

/** Every kind of frame, and what it must become. */
const FRAMES: readonly (readonly [what: string, frame: string, told: Told])[] = [
  ["INFO", 'INFO {"server_id":"x","port":4222}\r\n', ["INFO", ' {"server_id":"x","port":4222}']],
  ["INFO with a blank behind it", 'INFO {"a":1} \r\n', ["INFO", ' {"a":1} ']],
  ["PING", "PING\r\n", ["PING"]],
  ["PONG", "PONG\r\n", ["PONG"]],
  ["+OK", "+OK\r\n", ["+OK"]],
  ["-ERR", "-ERR 'Stale Connection'\r\n", ["-ERR", "Stale Connection"]],
  [
    "-ERR with quotes inside",
    "-ERR 'Permissions Violation for Publish to \"it's\"'\r\n",
    ["-ERR", 'Permissions Violation for Publish to "it\'s"'],
  ],
  ["-ERR without a text", "-ERR\r\n", ["-ERR", ""]],
  ["MSG", "MSG a.b 7 5\r\nhello\r\n", ["MSG", "7", "a.b", "", "", "hello"]],
  ["MSG with reply", "MSG a.b 7 _INBOX.1 5\r\nhello\r\n", ["MSG", "7", "a.b", "_INBOX.1", "", "hello"]],
  ["MSG with an empty payload", "MSG a 123456789 0\r\n\r\n", ["MSG", "123456789", "a", "", "", ""]],
  ["MSG with reply and an empty payload", "MSG a 1 r 0\r\n\r\n", ["MSG", "1", "a", "r", "", ""]],
  [
    "MSG that carries protocol text",
    `MSG a 1 ${TRAP.length}\r\n${TRAP}\r\n`,
    ["MSG", "1", "a", "", "", TRAP],
  ],
  ["MSG of line ends", "MSG a 1 4\r\n\r\n\r\n\r\n", ["MSG", "1", "a", "", "", "\r\n\r\n"]],
  ["MSG of other bytes", "MSG a 1 4\r\n\0\xff\r\xfe\r\n", ["MSG", "1", "a", "", "", "\0\xff\r\xfe"]],
  ["MSG with a reply that is a number", "MSG a 1 22 3\r\nabc\r\n", ["MSG", "1", "a", "22", "", "abc"]],
  ["MSG with tabs and runs of blanks", "MSG a\t 1   r \t2 \r\nxy\r\n", ["MSG", "1", "a", "r", "", "xy"]],
  ["HMSG", `HMSG a 1 ${HDR.length} ${HDR.length + 2}\r\n${HDR}hi\r\n`, ["MSG", "1", "a", "", HDR, "hi"]],
  [
    "HMSG with reply",
    `HMSG a 1 r ${HDR.length} ${HDR.length + 2}\r\n${HDR}hi\r\n`,
    ["MSG", "1", "a", "r", HDR, "hi"],
  ],
  [
    "HMSG with an empty payload",
    `HMSG a 1 ${HDR.length} ${HDR.length}\r\n${HDR}\r\n`,
    ["MSG", "1", "a", "", HDR, ""],
  ],
  [
    "HMSG that carries protocol text",
    `HMSG a 1 r ${HDR.length} ${HDR.length + TRAP.length}\r\n${HDR}${TRAP}\r\n`,
    ["MSG", "1", "a", "r", HDR, TRAP],
  ],
];

describe("frames", () => {
  it.each(FRAMES)("reads %s from one read", (_what, frame, told) => {
    expect(parseAll([bytes(frame)])).toEqual([told]);
  });

  it.each(FRAMES)(
    "reads %s cut in two at every byte, and what follows it [parity 96, 130, 196]",
    (_what, frame, told) => {
      const whole = bytes(`PONG\r\n${frame}MSG z 9 1\r\nz\r\n`);
      const wanted = [["PONG"], told, ["MSG", "9", "z", "", "", "z"]];
      for (let cut = 0; cut <= whole.length; cut++) expect(parsePieces(whole, [cut])).toEqual(wanted);
    },
  );

  it.each(FRAMES)("reads %s byte by byte", (_what, frame, told) => {
    const whole = bytes(frame + frame);
    expect(
      parsePieces(
        whole,
        Array.from(whole, (_, i) => i),
      ),
    ).toEqual([told, told]);
  });

  it("reads every frame of up to 60 bytes cut in three at every pair of bytes [parity 196]", () => {
    for (const [, frame, told] of FRAMES) {
      const whole = bytes(frame);
      if (whole.length > 60) continue;
      for (let a = 0; a <= whole.length; a++) {
        for (let b = a; b <= whole.length; b++) expect(parsePieces(whole, [a, b])).toEqual([told]);
      }
    }
  });

  it("takes a run of blanks behind MSG as one blank, as everywhere in the line", () => {
    expect(parseAll([bytes("MSG  a 1 2\r\nxy\r\n")])).toEqual([["MSG", "1", "a", "", "", "xy"]]);
  });

  it("joins many parts of an INFO line longer than every other line may be", () => {
    const json = ` {"pad":"${"x".repeat(200_000)}"}`;
    const whole = bytes(`INFO${json}\r\nPING\r\n`);
    const cuts = Array.from({ length: 100 }, (_, i) => (i + 1) * 1999);
    expect(parsePieces(whole, cuts)).toEqual([["INFO", json], ["PING"]]);
    expect(parsePieces(whole, [])).toEqual([["INFO", json], ["PING"]]);
  });

  it("joins many parts of a payload of 1 MiB", () => {
    const payload = Buffer.alloc(1024 * 1024, "0123456789\r\nMSG a 1 3\r\n").latin1Slice();
    const whole = bytes(`MSG a 1 r ${payload.length}\r\n${payload}\r\nPING\r\n`);
    const cuts = Array.from({ length: 15 }, (_, i) => (i + 1) * 65_537);
    const told = parsePieces(whole, cuts);
    expect(told).toHaveLength(2);
    expect(told[0][5] === payload).toBe(true);
  });
});

describe("splitting", () => {
  const token = fc.string({
    unit: fc.constantFrom("a", "B", "7", "$", "*", "_", "é"),
    minLength: 1,
    maxLength: 8,
  });
  const subject = fc.array(token, { minLength: 1, maxLength: 4 }).map((tokens) => tokens.join("."));
  const payload = fc.oneof(
    fc.constantFrom("", "\r\n", "\r", "\n", TRAP, "MSG a 1 3\r\nabc\r\n", "x".repeat(99), "x".repeat(100)),
    fc.string({ unit: fc.constantFrom("\r", "\n", "M", "S", "G", " ", "1", "\0", "\xff"), maxLength: 40 }),
  );
  const msg = fc
    .record({
      subject,
      sid: fc.integer({ min: 0, max: 999_999_999 }),
      reply: fc.option(subject, { nil: "" }),
      headers: fc.option(fc.constantFrom(HDR, "NATS/1.0 503\r\n\r\n"), { nil: "" }),
      payload,
    })
    .map(({ subject, sid, reply, headers, payload }) => {
      const total = headers.length + payload.length;
      const sizes = headers === "" ? `${total}` : `${headers.length} ${total}`;
      const name = headers === "" ? "MSG" : "HMSG";
      const line = `${name} ${subject} ${sid} ${reply === "" ? "" : `${reply} `}${sizes}`;
      return {
        frame: `${line}\r\n${headers}${payload}\r\n`,
        told: ["MSG", String(sid), subject, reply, headers, payload],
      };
    });
  const control = fc.constantFrom(...FRAMES.map(([, frame, told]) => ({ frame, told: [...told] })));
  const stream = fc.array(fc.oneof(msg, control), { minLength: 1, maxLength: 12 });

  it("gives the same messages for any stream in any pieces (property) [parity 196]", () => {
    fc.assert(
      fc.property(stream, fc.array(fc.nat(), { maxLength: 20 }), (frames, at) => {
        const whole = bytes(frames.map(({ frame }) => frame).join(""));
        const cuts = at.map((n) => n % (whole.length + 1)).sort((a, b) => a - b);
        const wanted = frames.map(({ told }) => told);
        expect(parsePieces(whole, [])).toEqual(wanted);
        expect(parsePieces(whole, cuts)).toEqual(wanted);
      }),
      { numRuns: 300 },
    );
  });

  it("hands on whole frames as offsets into the read itself, without a copy", () => {
    const read = bytes("MSG a 1 3\r\nabc\r\nMSG b 1 3\r\ndef\r\n");
    const seen: Buffer[] = [];
    const sink = new Recorder();
    sink.onMessage = (buf) => seen.push(buf);
    new Parser(sink).parse(read);
    expect(seen).toHaveLength(2);
    for (const buf of seen) expect(buf).toBe(read);
  });

  it("copies a frame that spans reads into a buffer of its exact size", () => {
    const sizes: number[] = [];
    const sink = new Recorder();
    sink.onMessage = (buf) => sizes.push(buf.length);
    const parser = new Parser(sink);
    parser.parse(bytes("PING\r\nMSG a 1 8\r\nabcd"));
    expect(parser.held).toBe("MSG a 1 8\r\nabcdefgh\r\n".length);
    parser.parse(bytes("efgh\r\nPING\r\n"));
    expect(sizes).toEqual(["MSG a 1 8\r\nabcdefgh\r\n".length]);
    expect(parser.held).toBe(0);
  });
});

describe("what is not the protocol", () => {
  const GARBAGE: readonly (readonly [what: string, text: string])[] = [
    ["another protocol", "HTTP/1.1 400 Bad Request\r\n\r\n"],
    ["a line without a word", "\r\n"],
    ["an unknown word", "HELLO\r\n"],
    ["a client's word", "PUB a 1\r\nx\r\n"],
    ["a lone CR inside a line", "PI\rNG\r\n"],
    ["MSG alone", "MSG\r\n"],
    ["MSG and a blank", "MSG \r\n"],
    ["MSG without sid and size", "MSG a\r\n"],
    ["MSG without a size", "MSG a 1\r\n"],
    ["MSG without a blank behind it", "MSGa 1 3\r\nabc\r\n"],
    ["MSG in another case", "Msg a 1 3\r\nabc\r\n"],
    ["HMSG with one size", "HMSG a 1 5\r\nhello\r\n"],
    ["HMSG with headers larger than all", "HMSG a 1 9 5\r\nhello\r\n"],
    ["a sid that is no number", "MSG a x 3\r\nabc\r\n"],
    ["a negative sid", "MSG a -1 3\r\nabc\r\n"],
    ["a sid without end", `MSG a ${"9".repeat(16)} 3\r\nabc\r\n`],
    ["a size that is no number", "MSG a 1 x\r\n"],
    ["a negative size", "MSG a 1 -3\r\nabc\r\n"],
    ["a size with a fraction", "MSG a 1 3.0\r\nabc\r\n"],
    ["a size without end", `MSG a 1 ${"9".repeat(400)}\r\n`],
    ["too many words", "MSG a 1 r s 3\r\nabc\r\n"],
    ["a payload longer than announced", "MSG a 1 2\r\nabc\r\n"],
    ["a payload shorter than announced", "MSG a 1 4\r\nabc\r\nPING\r\n"],
    ["a payload that ends with LF alone", "MSG a 1 3\r\nabc\n\nPING\r\n"],
    ["a longer word that begins with PING", "PINGUIN\r\n"],
    ["a longer word that begins with PONG", "PONGO\r\n"],
    ["a longer word that begins with -ERR", "-ERROR 'x'\r\n"],
    ["a longer word that begins with INFO", "INFOS {}\r\n"],
    ["lines that end with LF alone", "PING\nPONG\nPING\r\n"],
    ["a line feed in the middle of INFO", "INFO \n{}\r\n"],
    ["a line feed in the middle of a message's line", "MSG a\nb 1 0\r\n\r\n"],
    ["a line feed in the middle of a message's line with a reply", "MSG a 1 b\nc 0\r\n\r\n"],
    ["a line feed in the text of an error", "-ERR 'a\nb'\r\n"],
    ["bytes of 255", "\xff\xff\xff\xff\r\n"],
  ];

  it.each(GARBAGE)(
    "is refused with PROTOCOL_ERROR and delivers nothing: %s [parity 122, 196, 198]",
    (_what, text) => {
      for (const reads of [[bytes(text)], [...bytes(text)].map((byte) => Buffer.from([byte]))]) {
        const sink = new Recorder();
        const parser = new Parser(sink);
        const error = failure(() => {
          for (const read of reads) parser.parse(read);
        });
        expect(error.code).toBe("PROTOCOL_ERROR");
        expect(sink.told).toEqual([]);
      }
    },
  );

  it("delivers what came before the garbage in the same read", () => {
    const sink = new Recorder();
    const parser = new Parser(sink);
    expect(failure(() => parser.parse(bytes("PING\r\nMSG a 1 1\r\nx\r\nnonsense\r\n"))).code).toBe(
      "PROTOCOL_ERROR",
    );
    expect(sink.told).toEqual([["PING"], ["MSG", "1", "a", "", "", "x"]]);
  });

  it("shows little of the garbage in the error, with control characters escaped", () => {
    const error = failure(() => new Parser(new Recorder()).parse(bytes(`\x1b[2J${"G".repeat(5000)}\r\n`)));
    expect(error.message.length).toBeLessThan(300);
    expect(error.message).not.toContain("\x1b");
  });

  it.each([
    ["nothing behind the line", "PUB a 6\r\nS3CRET\r\n", '"PUB a 6"'],
    ["nothing behind a bare line feed", "what\nS3CRET\r\n", '"what"'],
    [
      "no part of a payload",
      "MSG a 1 2\r\nabS3CRET\r\n",
      "a message of 2 bytes without a line end behind them",
    ],
    ["control characters of neither set", "\x9b31m\u202eé\x00\x7f\r\n", '"?31m????"'],
    ["no more than 32 characters", `${"a".repeat(40)}\r\n`, `"${"a".repeat(32)}…"`],
  ])("quotes of it %s, however it is cut", (_what, text, shown) => {
    for (const reads of [[Buffer.from(text)], [...Buffer.from(text)].map((byte) => Buffer.from([byte]))]) {
      const parser = new Parser(new Recorder());
      const { message } = failure(() => {
        for (const read of reads) parser.parse(read);
      });
      expect(message).toBe(`the server sent something that is not the NATS protocol: ${shown}`);
    }
  });

  it("quotes what its sink lets it, which has seen the whole line", () => {
    const secret = "x".repeat(200);
    const sink = Object.assign(new Recorder(), { quotable: (line: string) => line.replace(secret, "***") });
    const line = `you have said ${secret}\r\n`;
    const { message } = failure(() => new Parser(sink).parse(bytes(line)));
    expect(message).toBe('the server sent something that is not the NATS protocol: "you have said ***"');
  });

  it("ends any bytes in a typed error or in silence, and never holds much memory (property)", () => {
    const word = fc.constantFrom(
      "MSG ",
      "HMSG ",
      "INFO ",
      "PING",
      "PONG",
      "+OK",
      "-ERR ",
      "a 1 ",
      "3",
      "99999999",
      "\r\n",
      "\r",
      "\n",
      " ",
      "abc",
    );
    const noise = fc.oneof(
      fc.uint8Array({ maxLength: 200 }).map((raw) => Buffer.from(raw)),
      fc.array(word, { maxLength: 30 }).map((words) => bytes(words.join(""))),
    );
    const cap = 100_000;
    fc.assert(
      fc.property(fc.array(noise, { maxLength: 8 }), (reads) => {
        const parser = new Parser(new Recorder(), cap);
        let came = 0;
        try {
          for (const read of reads) {
            came += read.length;
            parser.parse(read);
            expect(parser.held).toBeLessThanOrEqual(Math.max(256, 2 * came, cap + 300));
          }
        } catch (error) {
          expect(error).toBeInstanceOf(CodedError);
          expect((error as CodedError).code).toBe("PROTOCOL_ERROR");
        }
      }),
      { numRuns: 1000 },
    );
  });

  it("a changed byte in a valid stream ends in a typed error or parses on (property)", () => {
    const whole = FRAMES.map(([, frame]) => frame).join("");
    fc.assert(
      fc.property(fc.nat(whole.length - 1), fc.nat(255), fc.nat(whole.length), (at, byte, cut) => {
        const changed = bytes(whole);
        changed[at] = byte;
        const parser = new Parser(new Recorder(), 1000);
        try {
          parser.parse(changed.subarray(0, cut));
          parser.parse(changed.subarray(cut));
        } catch (error) {
          expect(error).toBeInstanceOf(CodedError);
          expect((error as CodedError).code).toBe("PROTOCOL_ERROR");
        }
      }),
      { numRuns: 500 },
    );
  });
});

describe("bounds", () => {
  it("takes a line just under the limit, whole and cut", () => {
    const name = "s".repeat(MAX_SERVER_LINE - "MSG  1 0".length - 1);
    const whole = bytes(`MSG ${name} 1 0\r\n\r\n`);
    for (const cuts of [[], [1], [MAX_SERVER_LINE - 1], [whole.length - 3]]) {
      expect(parsePieces(whole, cuts)).toEqual([["MSG", "1", name, "", "", ""]]);
    }
  });

  it("refuses a line just over the limit, whole and cut", () => {
    const name = "s".repeat(MAX_SERVER_LINE - "MSG  1 0".length);
    const whole = bytes(`MSG ${name} 1 0\r\n\r\n`);
    for (const cuts of [[], [1], [MAX_SERVER_LINE - 1], [whole.length - 3]]) {
      expect(() => parsePieces(whole, cuts)).toThrow(/control line of more than/);
    }
  });

  it.each(["MSG ", "HMSG ", "-ERR ", "+OK", "PING", "x"])(
    "cuts off a line of %j without an end at the limit, in one read and in many",
    (begin) => {
      const whole = bytes(begin + "x".repeat(MAX_SERVER_LINE + 10));
      expect(failure(() => new Parser(new Recorder()).parse(whole)).code).toBe("PROTOCOL_ERROR");
      const parser = new Parser(new Recorder());
      expect(
        failure(() => {
          for (let at = 0; at < whole.length; at += 100) parser.parse(whole.subarray(at, at + 100));
        }).code,
      ).toBe("PROTOCOL_ERROR");
      expect(parser.held).toBeLessThan(4 * MAX_SERVER_LINE);
    },
  );

  it("cuts off 64 MiB of a line without a line feed after the first 1 MiB, whatever it begins with", () => {
    const read = Buffer.alloc(64 * 1024, "x");
    for (const begin of ["INFO {", "I", "MSG a", "\0"]) {
      const parser = new Parser(new Recorder());
      parser.parse(bytes(begin));
      let taken = 0;
      const error = failure(() => {
        for (; taken < 64 * 1024 * 1024; taken += read.length) {
          parser.parse(read);
          expect(parser.held).toBeLessThanOrEqual(4 * MAX_INFO_LINE);
        }
      });
      expect(error.code).toBe("PROTOCOL_ERROR");
      expect(taken).toBeLessThanOrEqual(MAX_INFO_LINE);
    }
  });

  it("takes an INFO of the longest size, and refuses one byte more", () => {
    const longest = `INFO ${"x".repeat(MAX_INFO_LINE - 5)}`;
    for (const cuts of [[], [10], [MAX_INFO_LINE - 1]]) {
      expect(parsePieces(bytes(`${longest}\r\n`), cuts)).toEqual([["INFO", longest.slice(4)]]);
      const parser = new Parser(new Recorder());
      const over = bytes(`${longest}x\r\n`);
      expect(
        failure(() => {
          parser.parse(over.subarray(0, cuts[0] ?? 0));
          parser.parse(over.subarray(cuts[0] ?? 0));
        }).code,
      ).toBe("PROTOCOL_ERROR");
    }
  });

  it.each(["MSG a 1 67108865\r\n", "HMSG a 1 10 9999999999\r\n", "MSG a 1 r 9999999999\r\nabc"])(
    "refuses an announced payload over 64 MiB before memory is taken: %j",
    (line) => {
      for (let cut = 0; cut <= line.length; cut++) {
        const parser = new Parser(new Recorder());
        expect(
          failure(() => {
            parser.parse(bytes(line.slice(0, cut)));
            parser.parse(bytes(line.slice(cut)));
          }).code,
        ).toBe("PROTOCOL_ERROR");
        expect(parser.held).toBeLessThan(1024);
      }
    },
  );

  it("takes a payload of the largest size, and not a byte more", () => {
    expect(parseAll([bytes("MSG a 1 10\r\n0123456789\r\n")], 10)).toHaveLength(1);
    expect(failure(() => parseAll([bytes("MSG a 1 11\r\n")], 10)).code).toBe("PROTOCOL_ERROR");
    expect(MAX_INBOUND_PAYLOAD).toBe(64 * 1024 * 1024);
  });
});

describe("halt", () => {
  const stream = bytes(
    "PING\r\nMSG a 1 1\r\nx\r\n+OK\r\n-ERR 'e'\r\nINFO {}\r\nPONG\r\nMSG b 1 1\r\ny\r\nPING\r\n",
  );
  const all = parseAll([stream]);

  it("in the middle of a read delivers nothing more, at whatever frame and however the read is cut", () => {
    for (let stop = 1; stop <= all.length; stop++) {
      for (let cut = 0; cut <= stream.length; cut++) {
        const sink = new Recorder();
        const parser = new Parser(sink);
        sink.after = () => {
          if (sink.told.length === stop) parser.halt();
        };
        parser.parse(stream.subarray(0, cut));
        parser.parse(stream.subarray(cut));
        parser.parse(bytes("PING\r\n"));
        expect(sink.told).toEqual(all.slice(0, stop));
        expect(parser.held).toBe(0);
      }
    }
  });

  it("lets go of a frame and of a line that are not complete", () => {
    for (const begun of ["MSG a 1 1000\r\nabc", "INFO {"]) {
      const parser = new Parser(new Recorder());
      parser.parse(bytes(begun));
      expect(parser.held).toBeGreaterThan(0);
      parser.halt();
      expect(parser.held).toBe(0);
    }
  });

  it("makes the parser deaf to garbage as well", () => {
    const sink = new Recorder();
    const parser = new Parser(sink);
    sink.after = () => parser.halt();
    parser.parse(bytes("PING\r\ncomplete nonsense\r\n"));
    parser.parse(bytes("more of it\r\n"));
    expect(sink.told).toEqual([["PING"]]);
  });
});

describe("sinks", () => {
  it("an error that a sink throws leaves parse() as it is", () => {
    const sink = new Recorder();
    const parser = new Parser(sink);
    const thrown = new CodedError("TLS_REQUIRED", "no");
    sink.after = () => {
      throw thrown;
    };
    expect(failure(() => parser.parse(bytes("INFO {}\r\n")))).toBe(thrown);
  });
});
