import { describeVerdict, wrongIn } from "../history/verdict.js";
import { Receiver } from "./receiver.js";
import { Scene } from "./scene.js";
import { publishAll, type Spoil } from "./stories.js";
import { demand } from "./violation.js";

/** ms from the restart of all servers until the receiver is back. */
const RECEIVER_LATE = 800;
/** Deaths from which on a server is killed "again and again". */
const TOO_OFTEN = 5;
const KIB = 1024;

/**
 * All servers restart, and a receiver on another one than the client's comes back late. `hold`: beforeReplay waits
 * for it. Returns how many messages it has missed; the client has lost none either way.
 */
export function lateReceiver(hold: boolean, spoil?: Spoil): number {
  const scene = new Scene({ servers: 2, options: { holdTimeout: hold ? 5000 : 0 }, spoil }).connect();
  const { client, cluster, world } = scene;
  const other = cluster.servers.find((server) => server.peers.size === 0)!;
  const receiver = new Receiver(other, "data.>").come();
  scene.app.beforeReplay = (epoch) => {
    // Its answer comes behind its subscription, by the same routes.
    const release = () => client.releaseReplay(epoch);
    const ask = () => world.clientIn(10, receiver.isHere ? release : ask);
    ask();
  };
  scene.pass(10);
  const before = publishAll(scene, 20, 50);
  scene.rest();
  for (const server of cluster.servers) scene.restart(50, server);
  receiver.leave();
  world.in(RECEIVER_LATE, () => receiver.come());
  scene.lost();
  const during = publishAll(scene, 30, 50);
  scene.rest().pass(RECEIVER_LATE);
  const after = publishAll(scene, 10, 50);
  scene.rest().pass(50);
  const verdict = client.ledger.history.check();
  const fine = wrongIn(verdict) === undefined && verdict.acknowledged === verdict.accepted;
  demand(fine, "history", () => describeVerdict(verdict));
  const got = new Set(receiver.arrived);
  for (const { draft } of [...before, ...after])
    demand(got.has(draft.id), "receiver", () => `message ${draft.id} has not arrived, although it was there`);
  const missed = during.filter(({ draft }) => !got.has(draft.id)).length;
  scene.end();
  return missed;
}

/**
 * A server that has just come back dies when it gets too much at once: at first it bears 320 KiB on their way, and
 * twice as much after each 40 ms. A long replay must not kill it again and again.
 */
export function frailServer(spoil?: Spoil): void {
  const scene = new Scene({
    conditions: { latency: 20, capacity: 2 ** 22 },
    maxInFlight: 2 ** 22,
    spoil,
  }).connect();
  const { server, world, network } = scene;
  let deaths = 0;
  let begun: number | undefined;
  const look = () => {
    const load = Math.max(0, ...network.wires.map((wire) => (wire.over ? 0 : wire.up.inFlight)));
    if (load > 64 * KIB) begun ??= world.now;
    const bears = 320 * KIB * 2 ** ((world.now - (begun ?? world.now)) / 40);
    if (load > bears && server.up) {
      deaths++;
      demand(deaths < TOO_OFTEN, "killed-again", () => `${deaths} times, with ${load} bytes on their way`);
      begun = undefined;
      scene.restart(100);
    }
    world.in(2, look);
  };
  scene.restart(100);
  scene.lost();
  const sent = publishAll(scene, 100, 40_000);
  look();
  scene.until(() => sent.every(({ outcome }) => outcome === "confirmed"));
  scene.rest();
}

/** A pull reaches its server, and the link dies before anything is confirmed; returns how often servers took it. */
export function pullOnADyingLink(spoil?: Spoil): number {
  const scene = new Scene({ servers: 2, conditions: { latency: 50 }, spoil }).connect().pass(200);
  const pull = scene.publish("$JS.API.CONSUMER.MSG.NEXT.s.c")!;
  scene.until(() => pull.taken === 1);
  scene.wire.lose();
  scene.lost().back().rest();
  demand(pull.outcome === "unconfirmed", "pull", () => `${pull}`);
  scene.end();
  return pull.taken;
}

/** Members of a queue group on two servers; the client's server is killed while confirmed messages are on the routes. */
export function queueAcrossServers(): {
  readonly got: number;
  readonly lostOnRoutes: number;
  readonly twice: number;
} {
  const scene = new Scene({ servers: 3 }).connect().pass(50);
  const { cluster, client } = scene;
  cluster.routes.conditions.delay = 20;
  const mine = cluster.servers.find((server) => server.peers.size > 0)!;
  const others = cluster.servers.filter((server) => server !== mine);
  const members = others.map((server) => new Receiver(server, "data.*", "workers").come());
  scene.pass(50);
  const sent = publishAll(scene, 50, 30);
  scene.until(() => sent.every(({ outcome }) => outcome === "confirmed"));
  scene.restart(100, mine);
  scene.lost().back().rest().pass(100);
  const verdict = client.ledger.history.check();
  demand(wrongIn(verdict) === undefined, "history", () => describeVerdict(verdict));
  const arrived = members.flatMap((member) => member.arrived);
  const got = new Set(arrived).size;
  scene.end();
  return { got, lostOnRoutes: cluster.lostOnRoutes, twice: arrived.length - got };
}
