import { describe, expect, it } from "vitest";
import { kills, moves, receipt, rolling, standing } from "../story.js";
import type { Campaign } from "../verdict.js";
import { failoverPage } from "./page.js";

const ENVIRONMENT = {
  date: "2026-11-22T12:00:00.000Z",
  holdfast: "0.1.0",
  natsjs: "3.4.0",
  natsServer: "2.15.1",
  node: "20.20.2",
  platform: "linux x64",
  cpu: "Some Processor",
  cores: 2,
  load: 0.5,
};

function page(...campaigns: Campaign[]): string {
  return failoverPage({
    command: "npm run chaos -- --rolling",
    minutes: 7,
    environment: ENVIRONMENT,
    campaigns,
  });
}

const peers = [rolling({}, "natsjs"), moves({ client: "natsjs" })];

describe("docs/failover.md", () => {
  it("says what ran, on what, and how to run it again", () => {
    const text = page(rolling(), moves(), kills([10], [10]), ...peers);
    expect(text).toContain("| date | 2026-11-22 |");
    expect(text).toContain("Holdfast 0.1.0, nats.js 3.4.0, nats-server 2.15.1, Node 20.20.2");
    expect(text).toContain("| again | `npm run chaos -- --rolling` |");
    expect(text).toContain("**Holdfast kept its promises in all of them.**");
  });

  it("has the figures of both clients side by side", () => {
    const text = page(rolling(), moves(), kills([10, 12], [10, 10]), ...peers);
    expect(text).toMatch(/\| messages published +\| +1,000 \| +1,000 \|/);
    expect(text).toMatch(/\| a second +\| +200 \| +200 \|/);
    expect(text).toMatch(/\| Holdfast +\| +2 \| +11 ms \| +10 ms \| +12 ms \| +1\.10 × \|/);
    expect(text).toMatch(/\| subscriber +\| +1 \| +50 ms \| +40 ms \| +10 \|/);
  });

  it("hides nothing", () => {
    const bad = standing({ receipts: [receipt({ lost: 3, lostIds: [{ publisher: 0, id: 5 }] })] });
    const text = page(rolling({ standing: bad }), moves(), kills([10], [10]), ...peers);
    expect(text).toContain(
      "- **subscriber 1 lost 3, the first of them 5 of publisher 1, when n1 was restarted**",
    );
    expect(text).toMatch(/\| n1 +\| n2 +\| +3 \| +2\.50 s \| +3 \|/);
  });
});
