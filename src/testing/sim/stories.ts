import type { Client } from "./client.js";
import { Scene } from "./scene.js";
import type { Sent } from "./sent.js";
import { demand } from "./violation.js";

/** Spoils an engine before a story begins. */
export type Spoil = (client: Client) => void;

const LIVENESS = { pingInterval: 20_000, maxPingOut: 2, stallTimeout: 1000, flusherTimeout: 60_000 };

/** Publishes much in one turn. */
export function publishAll(scene: Scene, count: number, bytes: number, subject = "data.1"): Sent[] {
  const sent: Sent[] = [];
  scene.do(() => {
    const { client } = scene;
    for (let i = 0; i < count; i++) sent.push(client.publish(client.drafts.plain(subject, bytes))!);
  });
  return sent;
}

/** Much on a narrow way: the kernel has taken all of it, and says for many seconds nothing but how much is left. */
export function muchOnANarrowWay(spoil?: Spoil): void {
  const conditions = { bandwidth: 120, capacity: 2 ** 20, latency: 5 };
  const scene = new Scene({ servers: 2, options: { liveness: LIVENESS }, conditions, spoil })
    .connect()
    .pass(50);
  const sent = [...publishAll(scene, 2, 400_000), ...publishAll(scene, 40, 2000)];
  scene.until(() => sent.every(({ outcome }) => outcome === "confirmed"));
  demand(scene.wire.epoch === 1, "slow-link", () => `it was given up ${scene.wire.epoch - 1} times`);
  scene.rest().end();
}

/** So narrow a way that it looks like a server that stands still: a large message gets through all the same. */
export function modem(): void {
  const conditions = { bandwidth: 20, capacity: 2 ** 20, latency: 5 };
  const scene = new Scene({ servers: 2, options: { liveness: LIVENESS }, conditions }).connect().pass(50);
  const sent = publishAll(scene, 1, 150_000);
  scene.until(() => sent.every(({ outcome }) => outcome === "confirmed"));
  scene.rest().end();
}

/** A server whose process stands still, and whose kernel acknowledges what comes in; one message every `every` ms. */
export function frozenServer(every: number, latency = 20, spoil?: Spoil): void {
  const conditions = { latency, receive: 2 ** 19 };
  const scene = new Scene({ servers: 2, options: { liveness: LIVENESS }, conditions, spoil })
    .connect()
    .pass(200);
  const { client, world } = scene;
  const frozen = scene.cluster.servers.find((server) => server.peers.size > 0)!;
  frozen.freeze();
  const since = world.now;
  while (client.engine.session.active?.epoch === 1) {
    scene.publish("data.1", 50);
    scene.pass(every);
    const taken = world.now - since;
    demand(taken < every + LIVENESS.stallTimeout + 100, "frozen", () => `not noticed within ${taken} ms`);
  }
  scene.back().rest();
  frozen.thaw();
  scene.rest().end();
}

/** A server takes smaller messages from now on, while there are some that were not written yet. */
export function lowerMaxPayload(spoil?: Spoil): void {
  const scene = new Scene({ conditions: { capacity: 64 }, maxInFlight: 64, spoil }).connect().pass(50);
  const small = publishAll(scene, 100, 20);
  const large = publishAll(scene, 5, 500);
  const behind = publishAll(scene, 5, 20);
  scene.server.setup.maxPayload = 200;
  scene.server.announce();
  scene.rest();
  for (const one of [...small, ...behind]) demand(one.outcome === "confirmed", "lost", () => `${one}`);
  for (const one of large) demand(one.reason === "max-payload", "max-payload", () => `${one}`);
  demand(scene.wire.epoch === 1, "max-payload", () => "the link was lost");
  scene.end();
}

/** Servers end every connection that brings one message of many; returns the links that it took. */
export function poisoned(text: string, count: number, at: number, spoil?: Spoil): number {
  const scene = new Scene({ servers: 2, setup: { poison: text }, spoil }).connect().pass(100);
  const before = publishAll(scene, at, 30);
  const [culprit] = publishAll(scene, 1, 30, "poison.1");
  const after = publishAll(scene, count - at - 1, 30);
  scene.rest();
  demand(culprit.reason === "poison", "poison", () => `${culprit}`);
  for (const one of [...before, ...after]) demand(one.outcome === "confirmed", "lost", () => `${one}`);
  const links = scene.wire.epoch;
  scene.end();
  return links;
}

/** Much to be replayed after an outage. */
export function longReplay(spoil?: Spoil): void {
  const scene = new Scene({
    conditions: { latency: 20, capacity: 2 ** 22 },
    maxInFlight: 2 ** 22,
    spoil,
  }).connect();
  scene.restart(100);
  scene.lost();
  const sent = publishAll(scene, 100, 40_000);
  scene.back();
  scene.until(() => sent.every(({ outcome }) => outcome === "confirmed"));
  scene.rest().end();
}
