import { RecoveryGround } from "../../bench/recovery/trial.js";
import { interleave } from "../../bench/rounds.js";
import { HangingServer } from "../../demo/hanging-server.js";
import type { ClientKind } from "../../demo/protocol.js";
import type { Watcher } from "./rolling.js";

/** What kills are run with. */
export interface KillsSettings {
  /** Of each client. */
  readonly kills: number;
}

/** A client, and how many servers that hang come before those that live. */
export interface Case {
  readonly client: ClientKind;
  readonly hanging: number;
}

/** One kill. */
export interface Kill extends Case {
  /** From SIGKILL to the first delivery on another node; Infinity when there was none for 10 s. */
  readonly ms: number;
}

/** All of them. */
export interface Kills extends KillsSettings {
  readonly name: "failover";
  readonly serverVersion: string;
  readonly results: readonly Kill[];
  readonly minutes: number;
}

/** ms: old enough for nats.js not to wait before its first attempt, its best case; and for Holdfast alone, to which it is the same. */
const LINK_AGE = { both: 3_300, alone: 1_200 };
/** With servers that hang there are fewer kills: it is about hundreds of ms. */
const HANGING_PART = 1 / 3;

/** Without servers that hang, and what is measured after that. */
const PLAIN: readonly Case[] = [
  { client: "holdfast", hanging: 0 },
  { client: "natsjs", hanging: 0 },
];
const HANGING: readonly Case[] = [
  { client: "holdfast", hanging: 1 },
  { client: "holdfast", hanging: 2 },
];

/** Kills the connected node of three, for one client and for the other in turns, each in a fresh process. */
export async function runKills(
  { kills }: KillsSettings,
  keep: (name: string, close: () => Promise<void>) => void,
  watch: Watcher<Kill>,
): Promise<Kills> {
  const began = performance.now();
  const ground = await RecoveryGround.open();
  keep("the cluster", () => ground[Symbol.asyncDispose]());
  const serverVersion = await ground.serverVersion();
  const results: Kill[] = [];
  const measure = (linkAge: number) => async (one: Case, round: number) => {
    const hanging = await Promise.all(
      Array.from({ length: one.hanging }, () => HangingServer.listen("127.0.0.1", 0)),
    );
    const between = hanging.map(({ port }) => `nats://127.0.0.1:${port}`);
    const ms = await ground.kill({ linkAge }, one.client, round, between);
    await Promise.all(hanging.map((server) => server.close()));
    const result = { ...one, ms };
    results.push(result);
    watch(result);
  };
  await interleave(PLAIN, kills, measure(LINK_AGE.both));
  await interleave(HANGING, Math.ceil(kills * HANGING_PART), measure(LINK_AGE.alone));
  await ground[Symbol.asyncDispose]();
  return { name: "failover", serverVersion, kills, results, minutes: (performance.now() - began) / 60_000 };
}

/** The times of one case, in the order of the kills. */
export function timesOf({ results }: Kills, { client, hanging }: Case): number[] {
  return results.filter((each) => each.client === client && each.hanging === hanging).map(({ ms }) => ms);
}
