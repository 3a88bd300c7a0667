import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, it } from "vitest";
import { openOutbox } from "../../src/outbox/index.js";
import { Outage } from "../support/outage.js";
import { until } from "../support/until.js";

it("an outbox that is full is sent, though the window is small: the room that it waits for is not its own", async () => {
  const folder = mkdtempSync(join(tmpdir(), "holdfast-small-window-"));
  const outbox = await openOutbox({ path: join(folder, "outbox"), maxBytes: 1024 * 1024, mode: "always" });
  try {
    await using outage = await Outage.prepare({ outbox, maxPending: 65_536 });
    await outage.begin();
    const { nc } = outage;
    let accepted = 0;
    const fill = async () => {
      for (;;) {
        nc.publish("a", `${accepted} ${"x".repeat(1000)}`);
        if (++accepted % 100 === 0) await new Promise((resolve) => setImmediate(resolve));
      }
    };
    await expect(fill()).rejects.toMatchObject({ code: "OUTBOX_FULL" });
    await outage.server.restart();
    await until(
      () => outage.got.length >= accepted,
      () => `all: ${outage.got.length} of ${accepted}`,
    );
    expect(new Set(outage.got).size).toBe(accepted);
  } finally {
    await outbox.close();
    rmSync(folder, { recursive: true, force: true });
  }
});
