import { describe, expect, it } from "vitest";
import type { Cause, CauseKind } from "../../core/cause.js";
import { completed, type Sequel } from "./aftermath.js";

function causeOf(kind: CauseKind, code: Cause["code"] = "CONNECTION_LOST"): Cause {
  return { kind, code, message: kind, evidence: ["first"], advice: ["one"], docs: `docs/causes/${kind}.md` };
}

describe("a cause, and what the next dial has shown", () => {
  it.each<[CauseKind, Sequel, CauseKind]>([
    ["slow-consumer", "refused", "server-shutdown"],
    ["slow-consumer", "restarted", "server-shutdown"],
    ["slow-consumer", "another", "slow-consumer"],
    ["slow-consumer", "same", "slow-consumer"],
    ["local-stall", "refused", "server-shutdown"],
    ["local-stall", "restarted", "server-shutdown"],
    ["local-stall", "same", "local-stall"],
    ["network", "refused", "network"],
    ["network", "restarted", "network"],
    ["server-shutdown", "refused", "server-shutdown"],
    ["server-shutdown", "same", "server-shutdown"],
  ])("%s, then %s: %s", (kind, sequel, told) => {
    const cause = completed(causeOf(kind), sequel, "h:1");
    expect(cause).toMatchObject({ kind: told, message: kind, docs: `docs/causes/${told}.md` });
    const shown = {
      refused: /refused/,
      same: /had not stopped/,
      restarted: /started anew/,
      another: /several/,
    };
    expect(cause.evidence).toEqual([expect.stringMatching(shown[sequel]), "first"]);
    if (told === kind) expect(cause.advice).toEqual(["one"]);
    else expect(cause.advice[0]).toMatch(/^nothing need be done if it was a restart/);
  });

  it.each<[string, Sequel, CauseKind]>([
    ["ECONNRESET", "restarted", "server-shutdown"],
    ["EPIPE", "restarted", "server-shutdown"],
    ["ECONNABORTED", "restarted", "server-shutdown"],
    // A firewall may reset and then refuse, and a load balancer lead to another server.
    ["ECONNRESET", "refused", "network"],
    ["ECONNRESET", "another", "network"],
    ["ECONNRESET", "same", "network"],
    ["EHOSTUNREACH", "restarted", "network"],
  ])("of a link that ended by %s, then %s: %s", (code, sequel, kind) => {
    const seen = `the system reported ${code}`;
    const cause = completed({ ...causeOf("network"), evidence: [seen] }, sequel, "h:1");
    expect(cause).toMatchObject({ kind, docs: `docs/causes/${kind}.md` });
    expect(cause.evidence).toHaveLength(2);
    expect(cause.evidence[1]).toBe(seen);
  });

  it("is what it was where somebody has said why", () => {
    for (const cause of [
      causeOf("slow-consumer", "SLOW_CONSUMER"),
      causeOf("local-stall", "STALE_CONNECTION"),
      causeOf("lame-duck"),
      causeOf("payload"),
    ])
      expect(completed(cause, "refused", "h:1")).toBe(cause);
  });
});
