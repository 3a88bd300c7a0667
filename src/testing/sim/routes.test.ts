import { describe, expect, it } from "vitest";
import { Receiver } from "./receiver.js";
import { Scene } from "./scene.js";

function make(delay: number) {
  const scene = new Scene({ servers: 3 });
  scene.cluster.routes.conditions.delay = delay;
  return { scene, cluster: scene.cluster, servers: scene.cluster.servers };
}

function hear(server: ReturnType<typeof make>["servers"][number], queue?: string) {
  const heard: number[] = [];
  const receiver = new Receiver(server, "ext.*", queue, (mark) => heard.push(mark)).come();
  return { heard, receiver };
}

describe("routes between servers", () => {
  it("tell of a subscription after a while: until then nothing is sent for it", () => {
    const { scene, cluster, servers } = make(20);
    const { heard } = hear(servers[0]);
    cluster.publishAt(servers[1], "ext.1", 1, 20);
    scene.pass(100);
    expect(heard).toEqual([]);
    cluster.publishAt(servers[1], "ext.1", 2, 20);
    scene.pass(100);
    expect(heard).toHaveLength(1);
  });

  it("carry what a server's clients publish in its order", () => {
    const { scene, cluster, servers } = make(20);
    const { heard } = hear(servers[0]);
    scene.pass(100);
    for (let id = 1; id <= 50; id++) cluster.publishAt(servers[1], "ext.1", id, 20);
    scene.pass(100);
    expect(heard).toHaveLength(50);
    expect(heard).toEqual([...heard].sort((a, b) => a - b));
  });

  it("bring what finds no member of its group any more to a third server", () => {
    const { scene, cluster, servers } = make(20);
    const first = hear(servers[0], "q");
    scene.pass(100);
    cluster.publishAt(servers[1], "ext.1", 1, 20);
    const second = hear(servers[2], "q");
    first.receiver.leave();
    scene.pass(100);
    // Whoever has chosen did so before the second member was known.
    expect(first.heard.length + second.heard.length).toBeLessThanOrEqual(1);
    cluster.publishAt(servers[1], "ext.1", 2, 20);
    scene.pass(100);
    expect(second.heard.length).toBeGreaterThan(0);
  });

  it("are gone with a server, and know of everything when it is back", () => {
    const { scene, cluster, servers } = make(2);
    cluster.routes.conditions.setup = 50;
    const { heard } = hear(servers[0]);
    scene.pass(20);
    servers[1].kill();
    servers[1].start();
    expect(cluster.routes.isOpen(servers[1], servers[0])).toBe(false);
    cluster.publishAt(servers[1], "ext.1", 1, 20);
    scene.pass(100);
    expect(heard).toEqual([]);
    cluster.publishAt(servers[1], "ext.1", 2, 20);
    scene.pass(20);
    expect(heard).toHaveLength(1);
    const { now } = scene.world;
    expect(cluster.routes.wasOpen(servers[1], servers[0], now - 10, now)).toBe(true);
    expect(cluster.routes.wasOpen(servers[1], servers[0], now - 130, now)).toBe(false);
  });
});
