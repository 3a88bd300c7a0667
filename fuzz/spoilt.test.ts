import { MsgHdrsImpl } from "@nats-io/nats-core/internal";
import { describe, expect, it } from "vitest";
import { toSettings } from "../src/client/settings.js";
import { parseAddress } from "../src/core/address.js";
import { serverError } from "../src/core/server-errors.js";
import { doctor } from "../src/doctor/index.js";
import { CodedError } from "../src/errors.js";
import { FrameScanner } from "../src/testing/proxy/frame-scanner.js";
import { encodePublish } from "../src/wire/encoder.js";
import { parseInfo } from "../src/wire/info.js";
import { Parser, type ParserSink } from "../src/wire/parser.js";
import { checkPattern, checkSubject, matches } from "../src/wire/subject.js";
import { readCorpus, seedsOf } from "./corpus.js";
import { runSlice } from "./slice.js";
import { checkAddress } from "./targets/address.js";
import { checkCalls } from "./targets/calls.js";
import { checkClient } from "./targets/client.js";
import { checkClientBytes } from "./targets/client-bytes.js";
import { checkDoctor } from "./targets/doctor.js";
import { checkEncoder } from "./targets/encoder.js";
import { checkEngine } from "./targets/engine.js";
import { checkHeaders } from "./targets/headers.js";
import { checkInfo } from "./targets/info.js";
import { checkOptionsInput } from "./targets/options.js";
import { checkParser } from "./targets/parser.js";
import { checkServerError } from "./targets/server-error.js";
import { checkSubjects } from "./targets/subject.js";
import { TARGETS } from "./targets.js";

const RUNS = 3000;

/** Fuzzes the target with something that is spoilt; returns the text of what is found. */
async function found(
  name: string,
  spoilt: (input: never) => void | Promise<void>,
): Promise<string | undefined> {
  const entries = readCorpus(name);
  expect(seedsOf(entries)).not.toEqual([]);
  const target = TARGETS.find((one) => one.name === name)!;
  const spoiltTarget = { ...target, check: spoilt as (input: unknown) => void };
  const { failure } = await runSlice(spoiltTarget, entries, { seed: 7, runs: RUNS, shrink: false });
  return failure?.error.message;
}

/** Forgets a line that has begun when the next read begins. */
class Forgetful extends Parser {
  override parse(buf: Buffer): number {
    const taken = super.parse(buf);
    if (this.held > 0 && this.held <= 256) Object.assign(this, { line: undefined });
    return taken;
  }
}

/** Lets an error of the language out. */
class Untyped extends Parser {
  override parse(buf: Buffer): number {
    try {
      return super.parse(buf);
    } catch {
      throw new TypeError("spoilt");
    }
  }
}

/** Takes memory for what is only announced. */
class Greedy extends Parser {
  override get held(): number {
    return super.held === 0 ? 0 : super.held * 1000;
  }
}

describe("each target sees", () => {
  const make = (kind: typeof Parser) => (sink: ParserSink, max: number) => new kind(sink, max);

  it("a parser that loses what spans two reads", async () => {
    expect(await found("parser", (input) => checkParser(input, make(Forgetful)))).toBeDefined();
  });

  it("a parser that throws what has no code", async () => {
    expect(await found("parser", (input) => checkParser(input, make(Untyped)))).toContain("threw TypeError");
  });

  it("a parser that takes memory early", async () => {
    expect(await found("parser", (input) => checkParser(input, make(Greedy)))).toContain("holds");
  });

  it("an INFO whose fields are not checked", async () => {
    const spoilt = (json: string) => ({ ...parseInfo(json), ...JSON.parse(json) });
    expect(await found("info", (input) => checkInfo(input, spoilt))).toBeDefined();
  });

  it("names of a violation that are not unquoted", async () => {
    const spoilt = (text: string) => {
      const error = serverError(text);
      const subject = /to "(.*)"$/.exec(text)?.[1];
      return subject === undefined ? error : new CodedError(error.code, text, { ...error.detail, subject });
    };
    expect(await found("server-error", (input) => checkServerError(input, spoilt))).toBeDefined();
  });

  it("headers that can inject a line", async () => {
    const spoilt = (hdrs: Iterable<[string, string[]]>) => {
      const lines = [...hdrs].flatMap(([name, values]) => values.map((value) => `${name}: ${value}\r\n`));
      return Buffer.from(`NATS/1.0\r\n${lines.join("")}\r\n`);
    };
    expect(await found("headers", (input) => checkHeaders(input, spoilt))).toBeDefined();
  });

  it("headers that lose all values but one", async () => {
    const spoilt = (hdrs: Iterable<[string, string[]]>) => {
      const made = MsgHdrsImpl.fromRecord(
        Object.fromEntries([...hdrs].map(([name, [first]]) => [name, [first]])),
      );
      return (made as MsgHdrsImpl).encode();
    };
    expect(await found("headers", (input) => checkHeaders(input, spoilt))).toBeDefined();
  });

  it("subjects with white space, and patterns that match too much", async () => {
    const lax = (subject: string) => {
      if (subject === "") checkSubject(subject);
    };
    const greedy = (pattern: string, subject: string) => pattern.endsWith(">") || matches(pattern, subject);
    const rules = { checkSubject, checkPattern, matches };
    expect(
      await found("subject", (input) => checkSubjects(input, { ...rules, checkSubject: lax })),
    ).toContain("subject");
    expect(await found("subject", (input) => checkSubjects(input, { ...rules, matches: greedy }))).toContain(
      "matches",
    );
  });

  it("an address whose error tells the password", async () => {
    const spoilt = (text: string) => {
      try {
        return parseAddress(text);
      } catch {
        throw new CodedError("INVALID_OPTION", `no address: ${text}`.slice(0, 1000), { option: "servers" });
      }
    };
    expect(await found("address", (input) => checkAddress(input, spoilt))).toContain("tells the secret");
  });

  it("an address with a port that is none", async () => {
    const spoilt = (text: string) => ({ ...parseAddress(text), port: 70_000 });
    expect(await found("address", (input) => checkAddress(input, spoilt))).toContain("port");
  });

  it("settings with a wait that is none, and options that throw what has no code", async () => {
    const waits: typeof toSettings = (...args) => {
      const settings = toSettings(...args);
      settings.engine.connector = { ...settings.engine.connector, delay: () => Number.NaN };
      return settings;
    };
    const raw: typeof toSettings = (given, ...rest) => {
      String((given as { timeout: number }).timeout.toFixed());
      return toSettings(given, ...rest);
    };
    expect(await found("options", (input) => checkOptionsInput(input, waits))).toContain("wait");
    expect(await found("options", (input) => checkOptionsInput(input, raw))).toContain("threw");
  });

  it("an encoder that takes the length of a text for its size", async () => {
    const spoilt: typeof encodePublish = (chunk, kind, entry, reply, headers, payload) => {
      const text = typeof payload === "string" ? Buffer.from(payload).subarray(0, payload.length) : payload;
      return encodePublish(chunk, kind, entry, reply, headers, text);
    };
    expect(await found("encoder", (input) => checkEncoder(input, spoilt))).toBeDefined();
  });

  it("an engine whose books do not balance, or that throws at the network", async () => {
    const cheats = (input: never) =>
      checkEngine(input, ({ engine }) => {
        engine.books.settleConfirmed = (messages: number) => {
          engine.books.confirmed += messages;
        };
      });
    const throws = (input: never) =>
      checkEngine(input, ({ engine }) => {
        engine.session.talk.onPong = () => {
          throw new TypeError("spoilt");
        };
      });
    expect(await found("engine", cheats)).toContain("balance");
    expect(await found("engine", throws)).toBe("spoilt");
  });

  it("a client that lets out what has no code, or whose calls never settle", async () => {
    const lets = (input: never) =>
      checkClient(input, (nc) => {
        nc.publish = () => {
          throw new TypeError("spoilt");
        };
      });
    const never = (input: never) =>
      checkClient(input, (nc) => {
        nc.fence = () => new Promise(() => {});
      });
    expect(await found("client", lets)).toContain("spoilt");
    expect(await found("client", never)).toContain("never settles");
  });

  it("a call that throws what has no code", async () => {
    const spoilt = (input: never) =>
      checkCalls(input, (nc) => {
        nc.publish = () => {
          throw new TypeError("spoilt");
        };
      });
    expect(await found("calls", spoilt)).toContain("spoilt");
  });

  it("a report that tells the credentials of a URL", async () => {
    const spoilt: typeof doctor = async (servers, options) => {
      const report = await doctor(servers, options);
      return { ...report, summary: [options?.monitor, servers].join() };
    };
    expect(await found("doctor", (input) => checkDoctor(input, spoilt))).toContain("tells the secret");
  });

  it("a scanner of the proxy that forgets where it was", async () => {
    class Lost extends FrameScanner {
      override scan(data: Buffer, at: number): number {
        const next = super.scan(data, at);
        if (this.place === "line") this.place = "boundary";
        return next;
      }
    }
    expect(await found("client-bytes", (input) => checkClientBytes(input, () => new Lost()))).toContain(
      "the proxy",
    );
  });
});
