import { describe, expect, it } from "vitest";
import { codedError } from "../../checks/coded-error.js";
import type { Connection } from "../../index.js";
import { OutgoingBatch } from "./batch.js";
import { type Failure, failedRequest } from "./failure.js";
import { readPublisherOptions } from "./options.js";
import { Outgoing } from "./outgoing.js";
import { StreamInfo } from "./stream-info.js";
import { isMatch, SubjectCheck } from "./subject-check.js";

const nobody = failedRequest(codedError("NO_RESPONDERS", "no responders"));
const MISSING = '{"error":{"code":404,"err_code":10059,"description":"stream not found"}}';
const HERE = '{"config":{"subjects":["s.>"]},"cluster":{"leader":"a"}}';

function message(subject = "s.a", retries = 10): Outgoing {
  const given = { subject, payload: "", options: { msgID: "m" } };
  const ignore = () => {};
  return new Outgoing(given, { stream: "S", timeout: 1, retries }, ignore, ignore);
}

/** A check that gets these answers, one after the other, and the subjects that it asks on. */
function check(answers: readonly (string | Error)[], domain?: string) {
  const asked: string[] = [];
  const nc = {
    request: async (subject: string) => {
      const answer = answers[asked.length];
      asked.push(subject);
      if (typeof answer !== "string") throw answer;
      return { string: () => answer };
    },
  } as unknown as Connection;
  return { asked, subjects: new SubjectCheck(new StreamInfo(nc, "S", domain, 100), "S") };
}

describe("SubjectCheck", () => {
  it("asks where the stream is", async () => {
    const own = check([HERE]);
    await own.subjects.judge(message(), nobody);
    expect(own.asked).toEqual(["$JS.API.STREAM.INFO.S"]);
    const hub = check([HERE], "hub");
    await hub.subjects.judge(message(), nobody);
    expect(hub.asked).toEqual(["$JS.hub.API.STREAM.INFO.S"]);
  });

  it("is due after two failures that nobody has answered, and of nothing else", () => {
    const { subjects } = check([]);
    const out = message();
    expect(subjects.isDue(out, nobody)).toBe(false);
    out.failures = 2;
    expect(subjects.isDue(out, nobody)).toBe(true);
    expect(subjects.isDue(out, failedRequest(codedError("TIMEOUT", "late")))).toBe(false);
  });

  it("gives a subject up when the stream has said twice that it has it not", async () => {
    const { subjects } = check([HERE, HERE, HERE]);
    const out = message("t");
    expect((await subjects.judge(out, nobody)).mayPass).toBe(true);
    expect(await subjects.judge(out, nobody)).toMatchObject({
      mayPass: false,
      error: { message: expect.stringContaining('does not have the subject "t"') },
    });
  });

  it("gives up a batch that leaves a gap again and again when one of its subjects is not of the stream", async () => {
    const gap: Failure = { ...nobody, error: codedError("STREAM_REFUSED", "incomplete"), apiCode: 10176 };
    const batch = (...subjects: string[]) =>
      new OutgoingBatch(
        subjects.map((subject) => ({ subject })),
        readPublisherOptions({ stream: "S" }),
        () => {},
        () => {},
      );
    const { subjects } = check([HERE, HERE, HERE, HERE]);
    const out = batch("s.a", "t", "s.b");
    expect(subjects.isDue(out, gap)).toBe(false);
    out.failures = 2;
    expect(subjects.isDue(out, gap)).toBe(true);
    expect(await subjects.judge(out, gap)).toBe(gap);
    expect(await subjects.judge(out, gap)).toMatchObject({
      mayPass: false,
      error: { message: 'stream "S" does not have the subject "t"' },
    });
    // What got lost on the way comes the next time.
    const whole = batch("s.a", "s.b");
    for (let times = 0; times < 2; times++) expect(await subjects.judge(whole, gap)).toBe(gap);
  });

  it("starts again where the stream has said something else in between", async () => {
    const { subjects } = check([HERE, new Error("late"), HERE, HERE]);
    const out = message("t");
    const passing = [];
    for (let times = 0; times < 4; times++) passing.push((await subjects.judge(out, nobody)).mayPass);
    expect(passing).toEqual([true, true, true, false]);
  });

  it("gives up a stream that is not there, when that was said twice; then at once, until it is there", async () => {
    const { subjects } = check([MISSING, MISSING, MISSING, HERE, MISSING]);
    const out = message();
    expect(await subjects.judge(out, nobody)).toMatchObject({ mayPass: true, apiCode: 10059 });
    expect(await subjects.judge(out, nobody)).toMatchObject({
      mayPass: false,
      error: { code: "NO_RESPONDERS", message: 'there is no stream "S"' },
    });
    const next = message();
    expect(subjects.isDue(next, nobody)).toBe(true);
    expect((await subjects.judge(next, nobody)).mayPass).toBe(false);
    const third = message();
    expect((await subjects.judge(third, nobody)).mayPass).toBe(true);
    expect(subjects.isDue(message(), nobody)).toBe(false);
    expect((await subjects.judge(third, nobody)).mayPass).toBe(true);
  });

  it("forgets that it was not there when it has stored something", async () => {
    const { subjects } = check([MISSING, MISSING]);
    const out = message();
    await subjects.judge(out, nobody);
    await subjects.judge(out, nobody);
    subjects.exists();
    expect(subjects.isDue(message(), nobody)).toBe(false);
  });

  it("never gives up for whoever tries without end", async () => {
    const { subjects } = check([MISSING, MISSING, MISSING]);
    const out = message("s.a", Number.POSITIVE_INFINITY);
    for (let times = 0; times < 3; times++) {
      expect(await subjects.judge(out, nobody)).toMatchObject({
        mayPass: true,
        error: { message: 'there is no stream "S"' },
      });
    }
  });

  it.each([
    "",
    "no JSON",
    "null",
    "7",
    "[]",
    "{}",
    '{"error":null}',
    '{"error":{"err_code":"10059"}}',
    '{"config":{"subjects":"s.>"}}',
    '{"config":null}',
    '{"config":{"subjects":["t"]},"cluster":{}}',
    '{"config":{"subjects":["t"]},"cluster":null}',
  ])("learns nothing from %j", async (answer) => {
    const { subjects } = check([answer, answer, answer]);
    const out = message();
    for (let times = 0; times < 3; times++) expect(await subjects.judge(out, nobody)).toBe(nobody);
  });

  it("shares a question", async () => {
    const { asked, subjects } = check([HERE, HERE]);
    await Promise.all([subjects.judge(message(), nobody), subjects.judge(message(), nobody)]);
    expect(asked).toHaveLength(1);
  });
});

it.each([
  ["s.>", "s.a", true],
  ["s.>", "s.a.b", true],
  ["s.>", "s", false],
  ["s.*", "s.a", true],
  ["s.*", "s.a.b", false],
  ["*.a", "s.a", true],
  [">", "s", true],
  ["s", "s", true],
  ["s", "S", false],
  ["s.a", "s", false],
])("%s stands for %s: %s", (pattern, subject, is) => {
  expect(isMatch(pattern, subject)).toBe(is);
});
