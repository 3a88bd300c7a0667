import { expect, it } from "vitest";
import type { CauseKind } from "../../core/cause.js";
import type { Engine } from "../../core/engine.js";
import { SubjectCache } from "../../wire/subject-cache.js";
import type { Settings } from "../settings.js";
import { diagnose } from "./diagnose.js";
import type { KeptOutage, OutageHistory } from "./outage-history.js";
import { ServerTallies } from "./server-tallies.js";

const ENGINE = {
  options: { liveness: { pingInterval: 20_000, maxPingOut: 2 } },
  session: { active: undefined, pool: { all: [] } },
  intake: { subjects: new SubjectCache() },
} as unknown as Engine;
const SETTINGS = { options: { servers: "localhost" } } as unknown as Settings;

/** Six outages within a minute, of links that stood for a second. */
function history(kind: CauseKind): OutageHistory {
  const cause = { kind, code: "RECONNECT", message: "", evidence: [], advice: [], docs: "" } as const;
  const outages = Array.from({ length: 6 }, (_, i) => ({
    server: "a:1",
    at: i * 10_000,
    stood: 1000 + i * 333,
    silence: 10,
    cause,
    burst: { connections: 1, of: 1, back: 0, at: 0, servers: new Map() },
    largest: 0,
    attempts: [],
    rate: 10,
  })) as unknown as KeptOutage[];
  return {
    outages,
    servers: new ServerTallies(),
    refusals: 0,
    count: 6,
    now: undefined,
  } as unknown as OutageHistory;
}

it("patterns are looked for in what went wrong, and not in what the application did", () => {
  expect(diagnose(history("network"), ENGINE, SETTINGS, {}).patterns.map(({ kind }) => kind)).toEqual([
    "flapping",
  ]);
  const { patterns, outages } = diagnose(history("client"), ENGINE, SETTINGS, {});
  expect(patterns).toEqual([]);
  expect(outages).toHaveLength(6);
});

it("outages are told without what only patterns need", () => {
  const [outage] = diagnose(history("network"), ENGINE, SETTINGS, { outages: 1 }).outages;
  expect(Object.keys(outage).toSorted()).toEqual([
    "at",
    "attempts",
    "cause",
    "largest",
    "server",
    "stood",
    "together",
  ]);
});
