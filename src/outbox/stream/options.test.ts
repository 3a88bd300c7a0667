import { describe, expect, it } from "vitest";
import { headers } from "../../index.js";
import {
  checkMessage,
  idProblem,
  readBatchOptions,
  readPublisherOptions,
  readPublishOptions,
  readTimeout,
} from "./options.js";

/** The error of a call, as what users see of it. */
function refusal(call: () => unknown): { code?: string; option?: string; message?: string } {
  try {
    call();
  } catch (error) {
    return error as object;
  }
  return {};
}

describe("options of a publisher", () => {
  it("have defaults", () => {
    expect(readPublisherOptions(undefined)).toMatchObject({
      stream: undefined,
      domain: undefined,
      name: "publisher",
      window: 256,
      retries: 10,
      timeout: 5_000,
      ordered: true,
      maxPending: 10_000,
      maxPendingBytes: 64 * 1024 * 1024,
    });
    expect(readPublisherOptions({ stream: "S" }).name).toBe("S");
    expect(readPublisherOptions({ stream: "S", name: "orders" }).name).toBe("orders");
  });

  it.each<[string, unknown]>([
    ["stream", "a.b"],
    ["stream", "a b"],
    ["stream", ">"],
    ["stream", "x".repeat(256)],
    ["stream", null],
    ["domain", "a.b"],
    ["domain", ""],
    ["window", 65_537],
    ["window", Number.POSITIVE_INFINITY],
    ["window", "1"],
    ["retries", 0.5],
    ["retries", Number.NEGATIVE_INFINITY],
    ["retries", "Infinity"],
    ["timeout", 2 ** 31],
    ["timeout", -1],
    ["ordered", "true"],
    ["backoff", 100],
    ["backoff", null],
    ["maxPending", 0],
    ["maxPendingBytes", 0.5],
    ["name", ""],
    ["name", 7],
  ])("are refused by name: %s %j", (option, value) => {
    expect(refusal(() => readPublisherOptions({ [option]: value } as never))).toMatchObject({
      code: "INVALID_OPTION",
      option,
    });
  });

  it.each([
    ["maxRetries", "retries"],
    ["inFlight", "window"],
    ["ackTimeout", "timeout"],
    ["windw", "window"],
  ])("suggest another name for %s", (given, meant) => {
    const { code, message } = refusal(() => readPublisherOptions({ [given]: 1 } as never));
    expect(code).toBe("INVALID_OPTION");
    expect(message).toContain(`"${meant}"`);
  });

  it("wait longer and longer between tries, up to a limit, jitter included", () => {
    const steady = readPublisherOptions({ backoff: { jitter: 0 } }).delay;
    expect([1, 2, 3, 6, 7, 100, 1e9].map(steady)).toEqual([100, 200, 400, 3_200, 5_000, 5_000, 5_000]);
    const early = readPublisherOptions({}, () => 0).delay;
    const late = readPublisherOptions({}, () => 0.999_999).delay;
    expect([early(1), late(1)]).toEqual([80, 120]);
    expect(late(100)).toBe(5_000);
    const none = readPublisherOptions({ backoff: { initial: 0, max: 0 } }).delay;
    expect(none(1)).toBe(0);
  });

  it.each<[string, object]>([
    ["backoff.initial", { initial: -1 }],
    ["backoff.factor", { factor: 0.5 }],
    ["backoff.jitter", { jitter: 2 }],
    ["backoff.maximum", { maximum: 1 }],
  ])("name what is wrong in backoff: %s", (option, backoff) => {
    expect(refusal(() => readPublisherOptions({ backoff } as never))).toMatchObject({
      code: "INVALID_OPTION",
      option,
    });
  });
});

describe("options of a message", () => {
  it("are taken", () => {
    const given = { msgID: "a", headers: headers(), timeout: 1, retries: 0, expect: { lastSequence: 0 } };
    expect(readPublishOptions(given)).toEqual(given);
    expect(readBatchOptions(undefined)).toEqual({});
  });

  it.each<[string, object]>([
    ["msgID", { msgID: 7 }],
    ["msgID", { msgID: "a\0" }],
    ["headers", { headers: new Map() }],
    ["headers", { headers: null }],
    ["encodedHeaders", { encodedHeaders: "NATS/1.0" }],
    ["timeout", { timeout: 0 }],
    ["retries", { retries: -1 }],
    ["expect", { expect: 7 }],
    ["expect.streamName", { expect: { streamName: "a.b" } }],
    ["expect.lastSubjectSequence", { expect: { lastSubjectSequence: 1.5 } }],
    ["expect.lastSubjectSequenceSubject", { expect: { lastSubjectSequenceSubject: "a\r\nb: c" } }],
  ])("are refused by name: %s", (option, given) => {
    expect(refusal(() => readPublishOptions(given as never))).toMatchObject({
      code: "INVALID_OPTION",
      option,
    });
  });

  it("say that msgId is msgID", () => {
    expect(refusal(() => readPublishOptions({ msgId: "a" } as never)).message).toContain('"msgID"');
  });

  it("know an id that a server would change", () => {
    expect(idProblem("a b")).toBeUndefined();
    for (const id of ["", " a", "a ", "a\n", "a\r\nX: 1", undefined, {}]) {
      expect(idProblem(id), JSON.stringify(id)).toBeDefined();
    }
  });

  it("want a subject, and a payload that is one", () => {
    for (const payload of [undefined, "", "x", new Uint8Array(1), Buffer.from("x")])
      checkMessage("a", payload);
    for (const [subject, payload] of [
      ["", "x"],
      [undefined, "x"],
      ["a", null],
      ["a", 7],
      ["a", new ArrayBuffer(1)],
    ])
      expect(refusal(() => checkMessage(subject, payload)).code).toBe("INVALID_ARGUMENT");
  });
});

it("what a signal handler gets is no timeout", () => {
  expect(readTimeout(undefined)).toBeUndefined();
  expect(readTimeout("SIGTERM" as never)).toBeUndefined();
  expect(readTimeout(null as never)).toBeUndefined();
  expect(readTimeout({ timeout: 0 })).toBe(0);
  expect(refusal(() => readTimeout({ timeout: -1 }))).toMatchObject({ option: "timeout" });
  expect(refusal(() => readTimeout({ timout: 1 } as never)).code).toBe("INVALID_OPTION");
});
