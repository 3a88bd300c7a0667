import { expect, it } from "vitest";
import { changeLines } from "../../src/cli/doctor/changes.js";
import { forCommand } from "../../src/cli/doctor/for-command.js";
import { type DoctorFinding, type DoctorReport, describeReport } from "../../src/doctor/index.js";

const id = "N".repeat(56);
const found = (change: Partial<DoctorFinding>): DoctorFinding => ({
  rule: "nobody-listens",
  level: "error",
  option: undefined,
  docs: "docs/doctor.md",
  servers: [],
  evidence: [],
  message: "m",
  why: "w",
  advice: ["a"],
  ...change,
});
const report = (findings: DoctorFinding[], name = id): DoctorReport => ({
  verdict: "healthy",
  summary: "healthy: 1 server",
  findings,
  servers: [
    {
      server: "127.0.0.1:4222",
      origin: "given",
      ok: true,
      name,
      id,
      version: "2.15.1",
      cluster: "east",
      probe: { server: "127.0.0.1:4222", scheme: "nats", ok: true, at: 0, ms: 1, steps: [] },
    },
  ],
  monitors: [{ url: "http://127.0.0.1:8222", ok: true, answers: [], server: { id, name } }],
  at: 0,
  ms: 1,
});

it("the id of a server without a name does not break the table", () => {
  const text = describeReport(report([]));
  expect(text).not.toContain(id);
  expect(text).toContain(`${id.slice(0, 12)}…`);
  expect(Math.max(...text.split("\n").map((line) => line.length))).toBeLessThanOrEqual(80);
  expect(describeReport(report([], "a-name-of-somebody"))).toContain("a-name-of-somebody");
});

it("changes are broken between words, where there is a width", () => {
  const changes = {
    changed: true,
    come: [found({ message: "one two three four five" })],
    gone: [found({ message: "six" })],
  };
  expect(changeLines(changes, 16)).toEqual(["  + one two", "    three four", "    five", "  - no more: six"]);
  expect(changeLines(changes)).toEqual(["  + one two three four five", "  - no more: six"]);
});

it("for the command, advice names its options, and what it cannot do is left out", () => {
  const given = report([
    found({
      advice: ['by option "tls: { caFile: … }"', 'options "tls: { certFile: …, keyFile: … }"', "none"],
    }),
    found({ rule: "no-name", level: "hint" }),
  ]);
  const [one, ...others] = forCommand(given).findings;
  expect(others).toEqual([]);
  expect(one.advice).toEqual([
    'by option "tls: { caFile: … }" (here: --tls-ca)',
    'options "tls: { certFile: …, keyFile: … }" (here: --tls-cert, --tls-key)',
    "none",
  ]);
});
