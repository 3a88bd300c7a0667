import { Command, CommanderError, InvalidArgumentError, Option } from "commander";
import { CASES, type Case, casesNamed, type ThroughputCase } from "./cases.js";
import { CLIENTS } from "./clients/client.js";
import type { Amount } from "./processes/messages.js";
import type { ProfileRequest } from "./profile/run.js";

/** What the user asked for. */
export interface Options {
  readonly cases: readonly Case[];
  /** Rounds of a throughput case; each measures every client once. */
  readonly pairs: number;
  /** Kills per client in a recovery case. */
  readonly kills: number;
  /** Of one measurement of throughput. */
  readonly amount: Amount;
  /** File for all samples, if wanted. */
  readonly json: string | undefined;
  /** What is to be profiled, instead of anything measured. */
  readonly profile: ProfileRequest | undefined;
  /** What resumed TLS sessions gain is measured, instead of anything else. */
  readonly dials: boolean;
  /** What a second link gains is measured, instead of anything else. */
  readonly standby: boolean;
}

const THOROUGH = { pairs: 10, kills: 30, amount: { publishMs: 1200, receiveMessages: 1_500_000 } };
const QUICK = { pairs: 3, kills: 5, amount: { publishMs: 500, receiveMessages: 600_000 } };

/** The command line was wrong (status 2) or was answered already, by the help text (status 0). */
export class UsageExit extends Error {
  readonly status: number;

  constructor(status: number) {
    super(`usage exit ${status}`);
    this.status = status;
  }
}

/** Reads the command line; what is wrong with it was said on standard error when this throws a {@link UsageExit}. */
export function parseOptions(args: readonly string[]): Options {
  const names = CASES.map((one) => one.name).join(", ");
  const command = new Command("npm run bench --")
    .description(
      "Measures Holdfast, nats.js and a raw socket in turns, each in fresh processes, against the same nats-server.",
    )
    .option("--pairs <n>", `rounds of a throughput case (default: ${THOROUGH.pairs})`, whole(1, 1000))
    .option("--kills <n>", `kills per client in a recovery case (default: ${THOROUGH.kills})`, whole(1, 1000))
    .option("--only <case...>", `of ${names}; the beginning of a name is enough`, collectCases)
    .option("--json <file>", "write all samples there")
    .option("--quick", `${QUICK.pairs} short rounds and ${QUICK.kills} kills: a look, not a result`, false)
    .option(
      "--dials",
      "measure reconnects with TLS, full handshakes and resumed ones (--kills of each)",
      false,
    )
    .option(
      "--standby",
      "measure what option standby gains when the server is killed, with TLS and latency (--kills of each)",
      false,
    )
    .option("--profile <case>", "show where the CPU time of one client goes in this case", throughputCase)
    .addOption(
      new Option("--client <name>", "the client to profile").choices([...CLIENTS]).default("holdfast"),
    )
    .option("--apart", "profile without inlining: each function for itself", false)
    .allowExcessArguments(false)
    .exitOverride();
  try {
    command.parse(args, { from: "user" });
  } catch (error) {
    if (error instanceof CommanderError) throw new UsageExit(error.exitCode === 0 ? 0 : 2);
    throw error;
  }
  const given = command.opts();
  const base = given.quick ? QUICK : THOROUGH;
  return {
    cases: given.only === undefined ? CASES : CASES.filter((one) => given.only.includes(one)),
    pairs: given.pairs ?? base.pairs,
    kills: given.kills ?? base.kills,
    amount: base.amount,
    json: given.json,
    profile: given.profile && { of: given.profile, client: given.client, apart: given.apart },
    dials: given.dials,
    standby: given.standby,
  };
}

function collectCases(text: string, before: Case[] = []): Case[] {
  const found = casesNamed(text);
  if (found.length === 0) throw new InvalidArgumentError("There is no such case.");
  return [...before, ...found];
}

function throughputCase(text: string): ThroughputCase {
  const found = casesNamed(text).find((one) => one.kind === "throughput");
  if (found !== undefined) return found;
  throw new InvalidArgumentError("There is no such case, or it only waits.");
}

function whole(low: number, high: number): (text: string) => number {
  return (text) => {
    const value = /^\d+$/.test(text) ? Number(text) : Number.NaN;
    if (value >= low && value <= high) return value;
    throw new InvalidArgumentError(`It must be a whole number from ${low} to ${high}.`);
  };
}
