import { describe, expect, it } from "vitest";
import type { SparePurpose } from "../../core/events.js";
import type { EngineOptions } from "../../core/options.js";
import type { SpareOptions } from "../../core/spare.js";
import { OPTIONS } from "../worlds/engine-options.js";
import type { Client } from "./client.js";
import { Scene } from "./scene.js";
import { SimPreference } from "./spare-profile.js";
import { inside, replace } from "./spoil.js";

const PING = 500;
const STANDBY = { standby: { delay: () => 20 }, liveness: { ...OPTIONS.liveness, pingInterval: PING } };

/** Server n1 is preferred, was down at first, and is there since. */
function goingBack(stable: number, options: Partial<EngineOptions> = {}): Scene {
  const scene = new Scene({
    servers: 3,
    options: {
      failback: { delay: () => 50, stable },
      connector: { ...OPTIONS.connector, preference: new SimPreference(["n1"], true) },
      ...options,
    },
  });
  scene.server.kill();
  scene.connect();
  scene.server.start();
  return scene;
}

const count = (scene: Scene, what: string) => scene.client.coverage.get("spare", what);
const spareOf = ({ engine }: Client, purpose: SparePurpose) =>
  inside<object>(inside(engine.session, "spares"), purpose);

/** Both ends of the link that is not in use. */
function idleWire({ client, wire }: Scene) {
  const [other] = [...client.driver.sockets.values()].filter((socket) => socket.wire !== wire);
  return other.wire!;
}

describe("a standby", () => {
  it("is restored when the link in use dies, and another one is made", () => {
    const scene = new Scene({ servers: 2, options: STANDBY }).connect();
    scene.until(() => count(scene, "standby ready") === 1);
    scene.wire.lose();
    scene.until(() => count(scene, "standby restored") === 1).back();
    scene.until(() => count(scene, "standby ready") === 2);
    scene.rest().end();
  });

  it("that is silent is given up in time", () => {
    const scene = new Scene({ servers: 2, options: STANDBY }).connect();
    scene.until(() => count(scene, "standby ready") === 1);
    idleWire(scene).vanish("both");
    scene.until(() => count(scene, "standby lost") === 1);
    scene.end();
  });

  it("that nobody watches is noticed", () => {
    const watchNobody = (client: Client) => {
      const spare = spareOf(client, "standby");
      const options = inside<SpareOptions>(spare, "options");
      replace(spare, "options", { ...options, interval: Number.POSITIVE_INFINITY });
    };
    const scene = new Scene({ servers: 2, options: STANDBY, spoil: watchNobody }).connect();
    scene.until(() => count(scene, "standby ready") === 1);
    idleWire(scene).vanish("both");
    const { timeout } = scene.client.profile.options;
    expect(() => scene.pass(PING + timeout + 100_000)).toThrow("silent-spare");
  });

  it("that stays while the connection is drained is noticed", () => {
    const spoil = ({ engine }: Client) => replace(inside(engine.session, "spares"), "stop", () => {});
    const scene = new Scene({ servers: 2, options: STANDBY, spoil }).connect();
    scene.until(() => count(scene, "standby ready") === 1);
    // Something that keeps the drain busy for a while.
    scene.publish("data.1");
    expect(() => scene.do(() => scene.client.finish(1000)).pass(10)).toThrow("spare-late");
  });

  it("that cannot be had is told once; each time would be noticed", () => {
    const tellAlways = (client: Client) => {
      const spare = spareOf(client, "standby");
      const tell = inside<(...args: unknown[]) => void>(spare, "tell").bind(spare);
      replace(spare, "tell", (...args: unknown[]) => {
        replace(spare, "told", undefined);
        tell(...args);
      });
    };
    for (const [spoil, expected] of [
      [undefined, "nothing"],
      [tellAlways, "spare-event"],
    ] as const) {
      const scene = new Scene({ servers: 2, options: STANDBY, spoil }).connect();
      const other = scene.cluster.servers.find((server) => server !== scene.peer.server)!;
      other.kill();
      let found = "nothing";
      try {
        scene.pass(2000);
      } catch (error) {
        found = (error as { rule: string }).rule;
      }
      expect(found).toBe(expected);
    }
  });
});

describe("a preferred server", () => {
  it("is gone back to after it has lasted", () => {
    const scene = goingBack(200);
    scene.until(() => count(scene, "failback ready") === 1);
    const begun = scene.world.now;
    scene.until(() => scene.client.coverage.get("move", "failback") === 1);
    expect(scene.world.now - begun).toBeGreaterThan(200);
    expect(scene.client.spares.wanted).toBeUndefined();
    scene.rest().end();
  });

  it("is waited for at the end of a run", () => {
    const scene = goingBack(60_000);
    expect(scene.client.spares.wanted).toBe("a better server");
    scene.end();
  });
});
