import { describe, expect, it } from "vitest";
import type { OutboxReport } from "../../outbox/index.js";
import { describeOutbox, needsAttention, printable } from "./inspect.js";

const NOW = Date.UTC(2026, 10, 22, 12);
const report = (given: Partial<OutboxReport> = {}): OutboxReport => ({
  path: "/var/lib/outbox",
  owner: undefined,
  format: 1,
  id: "BOX",
  createdAt: undefined,
  messages: 1234,
  bytes: 300_000,
  fileBytes: 1_000_000,
  oldestAt: NOW - 7_200_000,
  newestAt: NOW - 1500,
  parked: 0,
  parkedBy: [],
  encrypted: false,
  damaged: [],
  checked: false,
  stream: undefined,
  subjects: undefined,
  otherSubjects: undefined,
  ...given,
});
const told = (given: Partial<OutboxReport> = {}) => describeOutbox(report(given), NOW);

describe("what is said of an outbox", () => {
  it("has its figures, each on a line of its own", () => {
    expect(told()).toBe(`/var/lib/outbox
  open in   no process
  format    1
  id        BOX
  stream    none: it is for core NATS
  messages  1,234
  stored    293 KiB, in files of 977 KiB
  oldest    2 h ago, 2026-11-22T10:00:00.000Z
  newest    1 s ago, 2026-11-22T11:59:58.500Z
  parked    none
  damaged   not looked at: --subjects reads every message`);
  });

  it("names the process that has it", () => {
    expect(told({ owner: { pid: 42, host: "worker-1" } })).toContain("open in   process 42 on worker-1");
  });

  it("tells what is parked, and why; of encrypted ones only how many there are", () => {
    const parkedBy = [{ reason: "permissions violation", messages: 3 }];
    expect(told({ parked: 3, parkedBy })).toMatch(
      /parked because.*messages[\s\S]*permissions violation.* 3 /,
    );
    expect(told({ parked: 3, encrypted: true })).not.toContain("parked because");
  });

  it("tells what cannot be read", () => {
    const damaged = [{ record: 7, messages: 5, why: "the checksum of the body is wrong" }];
    expect(told({ damaged })).toMatch(
      /damaged {3}1 record with 5 messages[\s\S]*\nrecord 7 \(5 messages\): the checksum of the body is wrong/,
    );
  });

  it("says that nothing is damaged only when it has looked", () => {
    expect(told({ checked: true })).toMatch(/damaged +none\n?$/);
    const many = Array.from({ length: 22 }, (_, record) => ({ record, messages: undefined, why: "x" }));
    expect(told({ damaged: many })).toContain("and 2 records more");
  });

  it("tells the stream that it is for", () => {
    expect(told({ stream: "ORDERS\u001b" })).toContain("stream    ORDERS?");
  });

  it("tells the largest subjects, and how many more there are", () => {
    const subjects = Array.from({ length: 25 }, (_, index) => ({
      subject: `s.${index}`,
      messages: 1,
      bytes: 10,
    }));
    const text = told({ subjects });
    expect(text).toContain("s.19");
    expect(text).not.toContain("s.20");
    expect(text).toContain("and 5 more (--json has them all)");
  });

  it("tells of a time that is still to come, and of one that is none", () => {
    expect(told({ newestAt: NOW + 60_000 })).toContain("which is 1 m ahead of this clock");
    expect(told({ oldestAt: -1e300 })).toContain("at no time that there is");
  });

  it("lets nothing through that a terminal would obey", () => {
    const text = told({ subjects: [{ subject: "a\u001b[2Jb\u202e", messages: 1, bytes: 1 }] });
    expect(text).toContain("a?[2Jb?");
    expect(printable("x".repeat(500))).toHaveLength(120);
  });

  it("asks for attention when something is parked or damaged", () => {
    expect(needsAttention(report())).toBe(false);
    expect(needsAttention(report({ parked: 1 }))).toBe(true);
    expect(needsAttention(report({ damaged: [{ record: 1, messages: undefined, why: "" }] }))).toBe(true);
  });
});
