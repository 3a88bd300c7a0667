import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { describe, expect, it } from "vitest";
import { FAMILIES } from "../../src/observe/metrics/families.js";
import { promtool } from "../support/promtool.js";

const inCheckout = (path: string) => fileURLToPath(new URL(`../../${path}`, import.meta.url));
const ALERTS = inCheckout("alerts");
const RULES = readFileSync(join(ALERTS, "holdfast.rules.yml"), "utf8");
const TESTS = readFileSync(join(ALERTS, "holdfast.rules.test.yml"), "utf8");
const GUIDE = readFileSync(inCheckout("docs/observe/alerts.md"), "utf8");

const HEAD = TESTS.slice(0, TESTS.indexOf("\n  - name: ") + 1);
const CASES = TESTS.slice(HEAD.length).split(/^(?= {2}- name: )/m);

/** Each alert, with its text. */
const blocksOf = (rules: string) =>
  rules
    .split(/^ +- alert: /m)
    .slice(1)
    .map((text) => ({ name: text.split("\n", 1)[0], text }));
const BLOCKS = blocksOf(RULES);
const NAMES = BLOCKS.map(({ name }) => name);

/** What promtool says of the unit tests of the one alert that is another in `rules`. */
async function testChanged(rules: string): Promise<{ code: number; output: string }> {
  const changed = blocksOf(rules).filter(({ text }, i) => text !== BLOCKS[i].text);
  expect(changed).toHaveLength(1);
  const cases = CASES.filter((text) => text.includes(`alertname: ${changed[0].name}\n`));
  const dir = mkdtempSync(join(tmpdir(), "holdfast-rules-"));
  try {
    writeFileSync(join(dir, "holdfast.rules.yml"), rules);
    writeFileSync(join(dir, "holdfast.rules.test.yml"), HEAD + cases.join(""));
    return await promtool(["test", "rules", "holdfast.rules.test.yml"], { cwd: dir });
  } finally {
    rmSync(dir, { recursive: true });
  }
}

describe("the alerts [A1]", () => {
  it("are valid for Prometheus, without a complaint", async () => {
    const { code, output } = await promtool(
      ["check", "rules", "--lint=all", "--lint-fatal", "holdfast.rules.yml"],
      {
        cwd: ALERTS,
      },
    );
    expect(output).toContain(`SUCCESS: ${NAMES.length} rules found`);
    expect(code).toBe(0);
  });

  it("pass their unit tests", async () => {
    const { code, output } = await promtool(["test", "rules", "holdfast.rules.test.yml"], { cwd: ALERTS });
    expect(output).toContain("SUCCESS");
    expect(code).toBe(0);
  });

  it.each<[string, string | RegExp, string]>([
    [
      "an outage pages later",
      "for: 30s\n        labels:\n          severity: page",
      "for: 60s\n        labels:\n          severity: page",
    ],
    [
      "a blip pages",
      "for: 30s\n        labels:\n          severity: page",
      "for: 15s\n        labels:\n          severity: page",
    ],
    [
      "a connection that was closed pages",
      'unless ignoring (state) nats_connection_state{state="closed"} == 1',
      "",
    ],
    ["it pages while all is well", "nats_connection_failed == 1", "nats_connection_failed == 0"],
    ["ten reconnections are too many", "offset 1m > 10", "offset 1m > 9"],
    ["eleven are not", "offset 1m > 10", "offset 1m > 11"],
    ["they are counted over five minutes", "offset 1m > 10", "offset 5m > 10"],
    ["80 % is too full", "nats_buffer_ratio > 0.8", "nats_buffer_ratio >= 0.8"],
    ["81 % is not", "nats_buffer_ratio > 0.8", "nats_buffer_ratio > 0.81"],
    ["a burst is too much", "for: 15s", "for: 0s"],
    ["an authenticator that fails is overlooked", "AUTHENTICATOR_FAILED|", ""],
    ["servers that are away refuse credentials", '{type=~"AUTH', '{type=~"CONNECTION_REFUSED|AUTH'],
    [
      "a login that succeeded in the end has failed",
      "          ) > 0\n            and nats_client_connected == 0",
      "          ) > 0",
    ],
    [
      "an outbox has to drain in an outage",
      "            and on (job, instance, connection) min_over_time(nats_client_connected[5m]) == 1\n",
      "",
    ],
    ["an outbox that drains does not", "            and deriv(nats_outbox_oldest_age_seconds[5m]) > 0\n", ""],
    ["young messages are old", "age_seconds > 300", "age_seconds > 100"],
    ["80 % of an outbox are too full", "max_bytes > 0.8", "max_bytes >= 0.8"],
    ["81 % are not", "max_bytes > 0.8", "max_bytes > 0.81"],
    ["an outbox may not be full at all", /(?<head>NatsOutboxFilling[\s\S]*?for: )1m/, "$<head>15s"],
    ["an outbox may be full", /(?<head>NatsOutboxFilling[\s\S]*?for: )1m/, "$<head>2m"],
    [
      "a disk that has refused once refuses for ever",
      "increase(nats_outbox_commit_failures_total[5m])",
      "nats_outbox_commit_failures_total",
    ],
    ["a disk may refuse", "commit_failures_total[5m]) > 0", "commit_failures_total[5m]) > 5"],
    ["parked messages do not matter", "parked_messages > 0", "parked_messages > 3"],
    [
      "what cannot be read is told only when it is seen to happen",
      "nats_outbox_lost_total > 0",
      "increase(nats_outbox_lost_total[5m]) > 0",
    ],
    [
      "an outbox that is whole has lost something",
      "nats_outbox_lost_total > 0",
      "nats_outbox_lost_total >= 0",
    ],
    ["a pull is missed", '"pull|', '"'],
    ["a request that timed out is missed", "|timeout", ""],
    ["a ttl is missed", "|ttl", ""],
    ["a request that was not written is missed", "|unsent", ""],
    ["what the outbox keeps is missed", "|kept", ""],
    ["what a close has lost is not missed", '"pull|', '"closed|pull|'],
    ["one message is too few", '|kept"}[5m]) > 0', '|kept"}[5m]) > 1'],
    [
      "what was dropped once is dropped for ever",
      /increase\((nats_messages_dropped_total\{.*?\})\[5m\]\)/,
      "$1",
    ],
    [
      "refused messages do not matter",
      "increase(nats_messages_refused_total[5m]) > 0",
      "increase(nats_messages_refused_total[5m]) > 100",
    ],
    [
      "a slow moment is told",
      "for: 5m\n        labels:\n          severity: warning",
      "for: 4m\n        labels:\n          severity: warning",
    ],
    [
      "a deployment is told",
      "for: 5m\n        labels:\n          severity: critical",
      "for: 4m\n        labels:\n          severity: critical",
    ],
    ["a stalled consumer is told later", /(?<head>NatsConsumerStalled[\s\S]*?for: )1m/, "$<head>2m"],
    [
      "a consumer that is just going again stands still",
      /(?<head>NatsConsumerStalled[\s\S]*?for: )1m/,
      "$<head>15s",
    ],
    ["a consumer that does not get going is well", '{state=~"starting|recovering"}', '{state="recovering"}'],
    ["a consumer that recovers is well", '{state=~"starting|recovering"}', '{state="starting"}'],
    [
      "consumers stand still in an outage",
      ") unless on (job, instance, connection) nats_client_connected == 0",
      ")",
    ],
    [
      "who consumes may leave messages",
      "nats_consumer_pending_messages > 0",
      "nats_consumer_pending_messages > 99",
    ],
    ["who has nothing to do stands still", "pending_messages > 0", "pending_messages >= 0"],
    [
      "who gets messages stands still",
      "                and time() - nats_consumer_last_message_timestamp_seconds > 60\n",
      "",
    ],
    ["a handler must be quick", "nats_consumer_in_flight + nats_consumer_waiting", "nats_consumer_waiting"],
    ["a queue is none", "nats_consumer_in_flight + nats_consumer_waiting", "nats_consumer_in_flight"],
    [
      "dead letters of consumers do not matter",
      'or increase(nats_consumer_messages_total{outcome="dead_lettered"}[5m]) > 0',
      "",
    ],
    [
      "what was handled is a dead letter",
      'increase(nats_handler_messages_total{outcome="dead_lettered"}',
      'increase(nats_handler_messages_total{outcome=~"handled|dead_lettered"}',
    ],
    [
      "a dead letter is one for ever",
      'increase(nats_handler_messages_total{outcome="dead_lettered"}[5m])',
      'nats_handler_messages_total{outcome="dead_lettered"}',
    ],
    [
      "what consumers give up does not matter",
      'or increase(nats_consumer_messages_total{outcome="discarded"}[5m]) > 0',
      "",
    ],
    [
      "a dead letter is given up",
      'increase(nats_handler_messages_total{outcome="discarded"}',
      'increase(nats_handler_messages_total{outcome=~"dead_lettered|discarded"}',
    ],
    ["8 % are too many", ") > 0.1\n", ") > 0.05\n"],
    ["20 % are not", ") > 0.1\n", ") > 0.2\n"],
    [
      "three messages are a trouble of the consumer",
      "nats_consumer_failures_total[5m])) > 10",
      "nats_consumer_failures_total[5m])) > 5",
    ],
    [
      "three messages are a trouble of the handler",
      "nats_handler_failures_total[5m])) > 10",
      "nats_handler_failures_total[5m])) > 5",
    ],
    [
      "the share is one of what has succeeded",
      "                sum without (reason) (increase(nats_handler_failures_total[5m]))\n                  + sum",
      "                sum",
    ],
    ["a breaker that tries is closed", '{state=~"open|half-open"}', '{state="open"}'],
    ["a breaker that is opened by hand is in the way", '"open|half-open"', '"open|half-open|isolated"'],
    ["a breaker may not open at all", /(?<head>NatsBreakerOpen[\s\S]*?for: )1m/, "$<head>15s"],
    ["a breaker may stay open", /(?<head>NatsBreakerOpen[\s\S]*?for: )1m/, "$<head>2m"],
    ["a severity is another", "severity: critical", "severity: warning"],
  ])("do not pass them when %s", async (_, from, to) => {
    const { code, output } = await testChanged(RULES.replace(from, to));
    // It is the case that fails, not the rule that is no rule.
    expect(output).toMatch(/FAILED:[\s\S]*alertname: ?Nats/);
    expect(code).toBe(1);
  });

  it("have a case in which each fires, and one in which it does not", () => {
    for (const name of NAMES) {
      const cases = TESTS.split(/^ +- eval_time: /m).filter((text) => text.includes(`alertname: ${name}\n`));
      expect(
        cases.some((text) => text.includes("exp_annotations:")),
        `${name} fires`,
      ).toBe(true);
      expect(
        cases.some((text) => text.includes("exp_alerts: []")),
        `${name} does not`,
      ).toBe(true);
    }
  });

  it("say how urgent it is, what is wrong and what to do", () => {
    for (const { name, text } of BLOCKS) {
      expect(text, name).toMatch(/^ +severity: (page|critical|warning)$/m);
      for (const annotation of ["summary", "description", "action"])
        expect(text, name).toMatch(new RegExp(`^ +${annotation}: ".{20,}"$`, "m"));
      // An alert about nothing knows neither.
      if (!text.includes("absent("))
        expect(text, name).toContain("{{ $labels.connection }} on {{ $labels.instance }}");
    }
    expect(new Set(NAMES).size).toBe(NAMES.length);
  });

  it("ask only for metrics and labels that there are", () => {
    const known = new Map(FAMILIES.map((family) => [family.name, family]));
    for (const { name, text } of BLOCKS) {
      const expr = /expr: ([\s\S]*?)\n {8}(?:for|labels):/.exec(text)![1];
      const asked = [...expr.matchAll(/\b(nats_\w+)(?:\{(\w+)(?:=|!=|=~|!~)"([^"]*)")?/g)];
      expect(asked.length, name).toBeGreaterThan(0);
      for (const [, metric, label] of asked) {
        expect(known.has(metric), `${name} asks for ${metric}`).toBe(true);
        if (label !== undefined) expect(known.get(metric)!.labels, `${name}: ${metric}`).toContain(label);
      }
    }
  });

  it("are in the guide, each with its severity", () => {
    const rows = [...GUIDE.matchAll(/^\| `(Nats\w+)` \| (\w+) \|/gm)].map(
      ([, name, severity]) => `${name} ${severity}`,
    );
    expect(rows).toEqual(BLOCKS.map(({ name, text }) => `${name} ${/severity: (\w+)/.exec(text)![1]}`));
  });
});
