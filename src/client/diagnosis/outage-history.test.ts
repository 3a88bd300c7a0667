import { describe, expect, it } from "vitest";
import type { Cause, CauseKind } from "../../core/cause.js";
import type { Engine } from "../../core/engine.js";
import type { EngineEvent } from "../../core/events.js";
import { CodedError } from "../../errors.js";
import type { Clock } from "../../io/clock.js";
import { OutageHistory } from "./outage-history.js";
import { RecentEnds } from "./recent-ends.js";

function causeOf(kind: CauseKind, code: Cause["code"] = "CONNECTION_LOST"): Cause {
  return { kind, code, message: kind, evidence: [], advice: [], docs: "" };
}

/** A history, fed by hand, at a time that is set by hand. */
class Fed {
  now = 1000;
  readonly history: OutageHistory;
  readonly info: { max_payload: number; cluster?: string } = { max_payload: 1_000_000 };
  private readonly session: { active: unknown } = { active: undefined };

  constructor() {
    const engine = {
      session: this.session,
      books: { accepted: 10, acceptedBytes: 5000 },
      info: this.info,
    } as unknown as Engine;
    const clock = { now: () => this.now, origin: 1_000_000 } as Clock;
    this.history = new OutageHistory(engine, clock, new RecentEnds());
  }

  /** A link stands: the first one, or the one that ends an outage. */
  stands(server: string, event: Partial<EngineEvent> = { type: "connect" }): void {
    this.session.active = {
      server: { address: { listen: server } },
      connectedAt: this.now,
      lastInbound: this.now,
    };
    this.history.hear({ server, ...event } as EngineEvent);
  }

  back(server: string, downtime: number, serverChanged = true): void {
    this.stands(server, {
      type: "reconnect",
      previous: "",
      downtime,
      attempts: 1,
      replayed: 7,
      serverChanged,
    } as EngineEvent);
  }

  lost(server: string, kind: CauseKind = "network", code?: Cause["code"]): Cause {
    const cause = causeOf(kind, code);
    this.session.active = undefined;
    this.history.hear({
      type: "disconnect",
      server,
      error: undefined,
      cause,
      unconfirmed: 3,
      abandoned: 1,
      largest: 77,
    });
    return cause;
  }

  failed(server: string, kind: CauseKind, system?: string): void {
    const error = new CodedError("CONNECTION_LOST", "no", {
      cause: Object.assign(new Error("no"), { code: system }),
    });
    this.history.hear({
      type: "attemptFailed",
      server,
      attempt: 1,
      error,
      cause: causeOf(kind),
      abandoned: 0,
    });
  }
}

describe("the history of outages", () => {
  it("knows how long a link stood, and was silent, from the link itself", () => {
    const fed = new Fed();
    fed.stands("a:1");
    fed.now += 90_000;
    fed.lost("a:1");
    expect(fed.history.outages).toMatchObject([
      {
        server: "a:1",
        at: 1_091_000,
        stood: 90_000,
        silence: 90_000,
        usual: 500,
        maxPayload: 1_000_000,
        unconfirmed: 3,
        largest: 77,
        sameProcess: undefined,
      },
    ]);
    expect(fed.history.now).toBeUndefined();
    fed.now += 500;
    fed.back("b:1", 500);
    fed.now += 10;
    expect(fed.history.outages[0]).toMatchObject({ to: "b:1", downtime: 500, sameProcess: false });
    expect(fed.history.now).toEqual({ server: "b:1", stood: 10 });
    fed.lost("b:1");
    fed.back("b:1", 500, false);
    expect(fed.history.outages[1]).toMatchObject({ to: "b:1", replayed: 7, sameProcess: true });
  });

  it("completes a cause by what the next dial of the same address shows, once, and leaves the event's as it was", () => {
    const fed = new Fed();
    fed.stands("a:1");
    const told = fed.lost("a:1", "slow-consumer");
    fed.failed("b:1", "refused");
    expect(fed.history.outages[0].cause).toBe(told);
    fed.failed("a:1", "stale");
    expect(fed.history.outages[0].cause).toBe(told);
    fed.failed("a:1", "refused");
    const { cause } = fed.history.outages[0];
    expect(cause).toMatchObject({
      kind: "server-shutdown",
      evidence: [expect.stringMatching(/was refused/)],
    });
    expect(told).toMatchObject({ kind: "slow-consumer", evidence: [] });
    fed.back("a:1", 10);
    expect(fed.history.outages[0].cause).toBe(cause);
  });

  it("completes a cause by whose process takes the connection back", () => {
    const fed = new Fed();
    fed.stands("a:1");
    for (const [to, serverChanged, kind, evidence] of [
      ["a:1", false, "slow-consumer", /had not stopped/],
      ["a:1", true, "server-shutdown", /started anew/],
    ] as const) {
      fed.lost("a:1", "slow-consumer");
      fed.back(to, 10, serverChanged);
      expect(fed.history.outages.at(-1)!.cause).toMatchObject({ kind });
      expect(fed.history.outages.at(-1)!.cause.evidence[0]).toMatch(evidence);
    }
    const told = fed.lost("a:1", "slow-consumer");
    fed.back("b:1", 10);
    expect(fed.history.outages.at(-1)!.cause).toBe(told);
    fed.info.cluster = "c";
    fed.lost("b:1", "slow-consumer");
    fed.back("b:1", 10);
    expect(fed.history.outages.at(-1)!.cause).toMatchObject({
      kind: "slow-consumer",
      evidence: [expect.stringMatching(/load balancer/)],
    });
  });

  it("keeps the first four and the last four attempts of an outage, and their number", () => {
    const fed = new Fed();
    fed.stands("a:1");
    fed.lost("a:1");
    for (let i = 0; i < 1000; i++) fed.failed(`s${i}:1`, "refused");
    const [{ attempts, failed }] = fed.history.outages;
    expect(failed).toBe(1000);
    expect(attempts.map(({ server }) => server)).toEqual(
      [0, 1, 2, 3, 996, 997, 998, 999].map((i) => `s${i}:1`),
    );
    expect(fed.history.servers.all.size).toBe(64);
  });

  it("keeps a hundred outages", () => {
    const fed = new Fed();
    fed.stands("a:1");
    for (let i = 0; i < 250; i++) {
      fed.now += 1000;
      fed.lost("a:1");
      fed.back("a:1", 5);
    }
    expect(fed.history.outages).toHaveLength(100);
    expect(fed.history.outages[99].at).toBe(1_000_000 + fed.now);
  });

  it("does not put attempts of another time into an outage", () => {
    const fed = new Fed();
    fed.failed("a:1", "refused");
    fed.stands("a:1");
    fed.lost("a:1");
    fed.back("b:1", 5);
    fed.failed("c:1", "refused");
    expect(fed.history.outages).toMatchObject([{ failed: 0, attempts: [] }]);
  });

  it("counts by server what failed since a link stood there, and what could not be resolved", () => {
    const fed = new Fed();
    fed.stands("a:1");
    for (let i = 0; i < 3; i++) {
      fed.now += 100;
      fed.lost("a:1");
      fed.failed("gone:1", "network", "ENOTFOUND");
      fed.failed("gone:1", "network", "EAI_AGAIN");
      fed.failed("a:1", "refused", "ECONNREFUSED");
      fed.back("a:1", 5);
    }
    const { all } = fed.history.servers;
    expect(all.get("gone:1")).toMatchObject({
      failed: 6,
      failedOutages: 3,
      unresolved: 0,
      unresolvedOutages: 3,
      links: 0,
    });
    expect(all.get("a:1")).toMatchObject({
      failed: 0,
      failedOutages: 0,
      unresolved: 0,
      links: 3,
      losses: 3,
      stood: 300,
    });
  });

  it("counts refusals of credentials, of links and attempts, until a link stands", () => {
    const fed = new Fed();
    fed.failed("a:1", "refused");
    expect(fed.history.refusals).toBe(0);
    fed.failed("a:1", "authentication");
    expect(fed.history.refusals).toBe(1);
    fed.stands("a:1");
    expect(fed.history.refusals).toBe(0);
    fed.lost("a:1", "authentication", "AUTHENTICATION_EXPIRED");
    expect(fed.history.refusals).toBe(0);
    fed.lost("a:1", "authentication", "AUTHENTICATION_REVOKED");
    expect(fed.history.refusals).toBe(1);
    expect(fed.history.count).toBe(2);
  });

  it("does not count as lost what a planned move has left", () => {
    const fed = new Fed();
    fed.stands("a:1");
    fed.now += 700;
    fed.stands("b:1", { type: "move", from: "a:1", to: "b:1", reason: "reconnect", overlap: 1, twins: 0 });
    expect(fed.history.outages).toEqual([]);
    expect(fed.history.servers.all.get("a:1")).toMatchObject({ links: 1, losses: 0, stood: 700 });
    expect(fed.history.now).toMatchObject({ server: "b:1" });
  });

  it("counts refusals of credentials, of links and of attempts", () => {
    const fed = new Fed();
    fed.stands("a:1");
    fed.lost("a:1", "authentication");
    fed.failed("a:1", "authentication");
    fed.failed("a:1", "network");
    expect(fed.history.refusals).toBe(2);
  });

  it("forgets refusals when a link stands, and takes what has expired for none", () => {
    const fed = new Fed();
    fed.stands("a:1");
    fed.lost("a:1", "authentication", "AUTHENTICATION_EXPIRED");
    expect(fed.history.refusals).toBe(0);
    fed.failed("a:1", "authentication");
    fed.back("a:1", 5);
    expect(fed.history.refusals).toBe(0);
  });

  it("forgets that a name was not resolved when it is, and what was so in this outage when it is over", () => {
    const fed = new Fed();
    const tally = () => fed.history.servers.all.get("name:1");
    fed.stands("a:1");
    for (const outages of [1, 2]) {
      fed.lost("a:1");
      fed.failed("name:1", "network", "ENOTFOUND");
      fed.failed("name:1", "network", "ENOTFOUND");
      expect(tally()).toMatchObject({ unresolved: 2, unresolvedOutages: outages });
      fed.back("a:1", 5);
      expect(tally()).toMatchObject({ unresolved: 0, unresolvedOutages: outages });
    }
    fed.lost("a:1");
    fed.failed("name:1", "refused", "ECONNREFUSED");
    expect(tally()).toMatchObject({ unresolved: 0, unresolvedOutages: 0 });
    fed.failed("name:1", "network", "ENOTFOUND");
    fed.back("name:1", 5);
    expect(tally()).toMatchObject({ unresolved: 0, unresolvedOutages: 0 });
  });

  it("knows how many bytes a second were published", () => {
    const fed = new Fed();
    fed.stands("a:1");
    fed.now += 10_000;
    fed.lost("a:1");
    expect(fed.history.outages[0].rate).toBe(500);
  });

  it("lets go of the link at the end, and stays as it was", () => {
    const fed = new Fed();
    fed.stands("a:1");
    fed.lost("a:1");
    fed.back("a:1", 5);
    fed.history.hear({
      type: "close",
      error: undefined,
      cause: causeOf("client"),
      dropped: 0,
      unconfirmed: 0,
    });
    expect(fed.history.now).toBeUndefined();
    expect(fed.history.outages).toHaveLength(1);
  });
});
