import { describe, expect, it } from "vitest";
import { brokenBy } from "./broken-by.js";
import { Scene } from "./scene.js";
import { replace } from "./spoil.js";

/** Ten messages, of which one is published while there is no link. */
function story(spoil: (scene: Scene) => void): Scene {
  const scene = new Scene({ servers: 2 }).connect();
  spoil(scene);
  for (let i = 0; i < 9; i++) scene.publish("data.1");
  scene.publish("deny.1");
  return scene.rest();
}

describe("the history of a run", () => {
  it("says what has become of each message", () => {
    const scene = story(() => {});
    const verdict = scene.client.ledger.history.check();
    expect(verdict).toMatchObject({
      accepted: 10,
      acknowledged: 9,
      found: 9,
      reported: 1,
      lost: [],
      unknown: [],
    });
    scene.end();
  });

  it("counts a message that is replayed as duplicated, and not as lost", () => {
    const scene = new Scene({ servers: 2, conditions: { latency: 50 } }).connect().pass(200);
    const sent = scene.publish("data.1")!;
    scene.until(() => sent.taken === 1);
    scene.wire.lose();
    scene.lost().back().rest();
    expect(scene.client.ledger.history.check()).toMatchObject({ duplicated: [0], copies: 1, lost: [] });
    scene.end();
  });

  it.each<[string, (scene: Scene) => void]>([
    ["a message has not arrived", ({ client }) => replace(client.ledger.history, "found", () => {})],
    ["nothing was heard of one", ({ client }) => client.ledger.history.accepted(1000)],
    [
      "one that was refused has arrived",
      ({ client: { ledger } }) => {
        ledger.history.rejected(1000);
        ledger.history.found(1000);
      },
    ],
    [
      "one has two outcomes",
      ({ client: { ledger } }) => {
        ledger.history.accepted(1000);
        ledger.history.confirmed(1000);
        ledger.history.reported(1000, "ttl");
      },
    ],
  ])("fails the run when %s", (_name, spoil) => {
    expect(brokenBy(() => story(spoil))).toBe("history");
  });
});
