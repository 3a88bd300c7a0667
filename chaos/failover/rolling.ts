import { now, sleep } from "../../demo/clock.js";
import { NatsCluster } from "../../src/testing/cluster.js";
import { type NatsServer, NatsServerError } from "../../src/testing/server.js";
import { linksOn } from "../connz.js";
import { Crew, type CrewSettings, type Standing } from "./crew.js";
import { type Pauses, pausesOf } from "./pauses.js";
import type { Word } from "./protocol.js";

/** Its shortest, and how long it lets clients be before it sends them away. */
const DUCK = { duration: "30s", grace: "10s" };
/** Longer than a lame duck takes with the last of its clients. */
const LEAVE_PATIENCE = 50_000;
const LOOK_EVERY = 20;
/** ms of publishing before the first lame duck, when processes are warm, and before each other one; after all have left it; after it is back. */
const WARM_UP = 3_000;
const LEAD = 1_000;
const TAIL = 300;
const AFTER = 500;
/** The part of the rate that the publisher has whose turn it is; the others share the rest. */
const MAIN_PART = 0.9;

/** What a rolling restart is run with. */
export interface RollingSettings extends CrewSettings {
  readonly restarts: number;
}

/** One restart of one node. */
export interface Restart {
  /** The node that went lame, and the one of the publisher that published most. */
  readonly lame: string;
  readonly from: string;
  /** When the node was told, and ms until the last client had left it. */
  readonly at: number;
  readonly left: number;
  /** How many clients it had. */
  readonly clients: number;
  readonly standing: Standing;
  /** ms for which messages were published. */
  readonly lasted: number;
  /** Since the node was told; and before that, for comparison. */
  readonly pauses: Pauses;
  readonly before: Pauses;
  readonly words: readonly Word[];
}

/** All of them. */
export interface Rolling extends RollingSettings {
  readonly name: "rolling";
  readonly serverVersion: string;
  readonly results: readonly Restart[];
  readonly minutes: number;
}

/** Something that happens while a run lasts, for who watches. */
export type Watcher<T> = (result: T) => void;

/**
 * Restarts each node of a cluster in turn, by lame duck, while messages are published and received on all of them. Nobody waits for the
 * end of a lame duck that has no clients any more: it is ended then.
 *
 * @param keep is given what must be stopped, whatever happens
 */
export async function runRolling(
  settings: RollingSettings,
  keep: (name: string, close: () => Promise<void>) => void,
  watch: Watcher<Restart>,
): Promise<Rolling> {
  const began = performance.now();
  const config = `lame_duck_duration: "${DUCK.duration}"\nlame_duck_grace_period: "${DUCK.grace}"`;
  const cluster = await NatsCluster.start({ config });
  keep("the cluster", () => cluster.close());
  const crew = await Crew.start(settings.client, cluster, false);
  keep("the crew", () => crew.stop());
  const results: Restart[] = [];
  const play = async () => {
    for (let number = 0; number < settings.restarts; number++) {
      const result = await restart(cluster, crew, settings, number);
      results.push(result);
      watch(result);
    }
    await crew.close();
  };
  await Promise.race([play(), crew.ended]);
  await crew.stop();
  await cluster.close();
  const minutes = (performance.now() - began) / 60_000;
  return { name: "rolling", ...settings, serverVersion: crew.serverVersion, results, minutes };
}

async function restart(
  cluster: NatsCluster,
  crew: Crew,
  { rate }: RollingSettings,
  number: number,
): Promise<Restart> {
  const { servers } = cluster;
  const size = servers.length;
  // Each node goes lame in turn; the main publisher is first on it, then on the next one, then on the third.
  const lame = servers[number % size];
  const main = (number + Math.floor(number / size)) % size;
  await crew.place();
  const words = crew.words.length;
  crew.go(servers.map((_, index) => rate * (index === main ? MAIN_PART : (1 - MAIN_PART) / (size - 1))));
  const began = now();
  await sleep(number === 0 ? WARM_UP : LEAD);
  const names = crew.plans.map(({ name }) => name);
  const clients = (await namesOn(lame, names)).length;
  const at = now();
  lame.lameDuck();
  const left = await untilLeft(lame, names, at);
  await sleep(TAIL);
  await end(lame);
  await lame.restart();
  await cluster.settled();
  await sleep(AFTER);
  const lasted = now() - began;
  const standing = await crew.rest();
  return {
    lame: lame.name,
    from: servers[main].name,
    at,
    left,
    clients,
    standing,
    lasted,
    pauses: pausesOf(standing, at),
    before: pausesOf(standing, undefined, at),
    words: crew.words.slice(words),
  };
}

/** Which of these clients a server has; the witness stays until it is sent away. */
async function namesOn(server: NatsServer, names: readonly string[]): Promise<string[]> {
  return (await linksOn(server)).flatMap(({ name = "" }) => (names.includes(name) ? name : []));
}

/** Resolves, with ms since `at`, when the node has no clients any more. */
async function untilLeft(server: NatsServer, wanted: readonly string[], at: number): Promise<number> {
  for (;;) {
    // A lame duck that has sent everybody away ends by itself.
    const names = server.running ? await namesOn(server, wanted).catch(() => []) : [];
    if (names.length === 0) return now() - at;
    if (now() - at > LEAVE_PATIENCE)
      throw new Error(`${names.join(", ")} did not leave ${server.name}, which is lame`);
    await sleep(LOOK_EVERY);
  }
}

/** Ends it, as who restarts nodes does; by force where it does not. */
async function end(server: NatsServer): Promise<void> {
  try {
    await server.term();
  } catch (error) {
    if (!(error instanceof NatsServerError)) throw error;
    await server.kill();
  }
}
