import { describe, expect, it } from "vitest";
import { Scene, type SceneOptions } from "./scene.js";

/** Two servers behind one name, and nothing else by which they could be found. */
const NAMED: SceneOptions = {
  servers: 2,
  setup: { dnsName: "nats.sim" },
  options: { ignoreClusterUpdates: true },
};

/** Which of the servers has the client. */
function homes({ cluster }: Scene): number[] {
  return cluster.servers.flatMap((server, at) => (server.peers.size > 0 ? [at] : []));
}

describe("a name that servers stand behind", () => {
  it("is resolved at every attempt: when the answer has changed, the next link goes elsewhere", () => {
    const scene = new Scene(NAMED).connect();
    for (const [at, server] of scene.cluster.servers.entries()) {
      scene.network.names.change("nats.sim", [server.setup.host]);
      scene.pass(50).wire.lose();
      scene.lost().back().rest();
      expect(homes(scene)).toEqual([at]);
    }
    scene.end();
  });

  it("leads to the next of its addresses when the first one refuses, or says nothing", () => {
    for (const dead of ["down", "blackhole"]) {
      const scene = new Scene(NAMED);
      const [gone] = scene.cluster.servers;
      if (dead === "down") gone.kill();
      else scene.network.blackholes.add(gone.address);
      const begun = scene.world.now;
      for (let i = 0; i < 5; i++) {
        if (i === 0) scene.connect();
        else scene.pass(200).wire.lose();
        if (i > 0) scene.lost().back();
        expect(homes(scene)).toEqual([1]);
      }
      expect(scene.world.now - begun).toBeLessThan(5 * 500);
      scene.rest().end();
    }
  });

  it("may be unknown for a while: that is the network, and nothing is lost", () => {
    const scene = new Scene(NAMED).connect().pass(50);
    scene.network.names.failing = true;
    scene.wire.lose();
    const sent = scene.lost().publish("data.1")!;
    scene.pass(1000);
    expect(scene.client.engine.state).toBe("reconnecting");
    expect(scene.client.coverage.get("cause", "attemptFailed network")).toBeGreaterThan(3);
    scene.network.names.failing = false;
    scene.back().rest();
    expect(sent.outcome).toBe("confirmed");
    scene.end();
  });

  it("may take longer to be answered than an attempt may take", () => {
    const scene = new Scene({ ...NAMED, options: { ...NAMED.options, timeout: 200 } }).connect().pass(50);
    scene.network.names.delay = 2000;
    scene.wire.lose();
    scene.lost().pass(1000);
    expect(scene.client.coverage.get("cause", "attemptFailed network")).toBeGreaterThan(0);
    scene.network.names.heal();
    scene.back().rest().end();
  });
});
