import { Command, InvalidArgumentError, Option } from "commander";
import { parsed, whole } from "../demo/command-line.js";
import type { Case } from "./case.js";
import { CASES, casesNamed } from "./cases.js";
import { CLIENTS } from "./clients/client.js";
import { type OtherNode, readNode } from "./other-node.js";
import type { ProfileRequest } from "./profile/run.js";
import { USUAL_MS } from "./works/work.js";

/** What the user asked for. */
export interface Options {
  readonly cases: readonly Case[];
  /** Each measures every client once. */
  readonly rounds: number;
  /** Milliseconds of one measurement. */
  readonly ms: number;
  /** File for all samples, if wanted. */
  readonly json: string | undefined;
  /** Keep the samples in bench/results.json, and write docs/performance.md and its pictures. */
  readonly write: boolean;
  /** Write the page from what is kept; nothing is measured. */
  readonly page: boolean;
  /** The Node that the clients run on; undefined: the one that runs the benchmark. */
  readonly node: OtherNode | undefined;
  /** What is to be profiled, instead of anything measured. */
  readonly profile: ProfileRequest | undefined;
  /** The revision that this one is compared with, instead of other clients. */
  readonly base: BaseRequest | undefined;
  /** Kills or reconnects of each kind with `dials` and `standby`. */
  readonly kills: number;
  /** What resumed TLS sessions gain is measured, instead of anything else. */
  readonly dials: boolean;
  /** What a second link gains is measured, instead of anything else. */
  readonly standby: boolean;
}

/** A comparison with another revision. */
export interface BaseRequest {
  /** A commit, tag or branch of git. */
  readonly ref: string;
  /** The least ratio of messages a second that passes; of CPU time its inverse is the most. None: nothing fails. */
  readonly gate: number | undefined;
}

const ROUNDS = { usual: 7, full: 30 };
const KILLS = 30;
/** A comparison with a base goes for small differences. */
const BASE_ROUNDS = 30;

/** An interval of fewer says too little. */
const LEAST_ROUNDS = 10;

/** Reads the command line; what is wrong with it was said on standard error when this throws a {@link UsageExit}. */
export function parseOptions(args: readonly string[]): Options {
  const command = commandLine();
  return parsed(command, args, () => optionsOf(command));
}

function commandLine(): Command {
  return new Command("npm run bench --")
    .description(
      "Measures Holdfast, nats.js and a raw socket in turns, each in fresh processes, against the same nats-server. " +
        `Without options: ${usual()
          .map(({ name }) => name)
          .join(", ")}, ${ROUNDS.usual} rounds; two to three minutes.`,
    )
    .option(
      "--full",
      `all cases but recovery, ${ROUNDS.full} rounds: an hour and a half, on a machine that does nothing else`,
      false,
    )
    .option("--cases <names>", "these, separated by commas; the beginning of a name is enough", collectCases)
    .option("--rounds <n>", "each measures every client once, in turns", whole(1, 1000))
    .option(
      "--ms <n>",
      "milliseconds of one measurement; fewer make smaller numbers of what is counted, too",
      whole(5, 60_000),
      USUAL_MS,
    )
    .option(
      "--node <path>",
      "measure the clients with this Node; its figures are kept and shown beside those of other major versions",
      anotherNode,
    )
    .option("--json <file>", "write all samples there")
    .option(
      "--write",
      "measure as --full does, or --cases alone anew, keep the samples in bench/results.json, and write docs/performance.md",
      false,
    )
    .option("--page", "write docs/performance.md from bench/results.json; nothing is measured", false)
    .option("--base <ref>", "compare with the Holdfast of this commit instead of other clients")
    .option(
      "--gate <ratio>",
      "with --base: fail when messages a second, or CPU time, are surely worse than this ratio",
      gate,
    )
    .option("--profile <case>", "show where the CPU time of one client goes in this case", oneCase)
    .addOption(
      new Option("--client <name>", "the client to profile").choices([...CLIENTS]).default("holdfast"),
    )
    .option("--apart", "profile without inlining: each function for itself", false)
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
    .option(
      "--kills <n>",
      "reconnects or kills of each kind with --dials or --standby",
      whole(1, 1000),
      KILLS,
    )
    .addHelpText("after", `\nCases:\n${listOfCases()}`)
    .allowExcessArguments(false)
    .exitOverride();
}

function optionsOf(command: Command): Options {
  const given = command.opts();
  const { full, write } = given;
  const base = baseOf(command);
  if (base !== undefined && given.json !== undefined) {
    command.error("error: --json keeps what clients reach, and does not go with --base");
  }
  if (write && (base !== undefined || given.ms !== USUAL_MS || given.rounds < ROUNDS.full)) {
    command.error(
      `error: --write goes with neither --base nor --ms, nor with fewer than ${ROUNDS.full} rounds`,
    );
  }
  if (given.node !== undefined && (given.page || given.dials || given.standby)) {
    command.error("error: --node goes with neither --page nor --dials nor --standby");
  }
  const everything = full || write;
  const named: readonly Case[] = given.cases ?? (everything ? CASES.filter((one) => !waits(one)) : usual());
  const cases = CASES.filter((one) => named.includes(one) && !(waits(one) && base !== undefined));
  if (cases.length === 0) command.error("error: these cases only wait, and --base does not compare that");
  const usualRounds = everything ? ROUNDS.full : base === undefined ? ROUNDS.usual : BASE_ROUNDS;
  return {
    cases,
    rounds: given.rounds ?? usualRounds,
    ms: given.ms,
    json: given.json,
    write,
    page: given.page,
    node: given.node,
    profile: given.profile && {
      of: given.profile,
      client: given.client,
      apart: given.apart,
      node: given.node?.path,
    },
    base,
    kills: given.kills,
    dials: given.dials,
    standby: given.standby,
  };
}

/** The comparison that `--base` and `--gate` ask for. */
export function baseOf(command: Command): BaseRequest | undefined {
  const { base, gate, rounds } = command.opts();
  if (gate !== undefined && base === undefined) command.error("error: --gate needs --base");
  if (gate !== undefined && rounds < LEAST_ROUNDS) {
    command.error(`error: --gate needs at least ${LEAST_ROUNDS} rounds: fewer have no interval to judge by`);
  }
  return base === undefined ? undefined : { ref: base, gate };
}

function usual(): Case[] {
  return CASES.filter((one) => one.usual);
}

/** A recovery is time and no work, has a cluster of its own, and takes minutes. */
function waits({ group }: Case): boolean {
  return group === "recovery";
}

function listOfCases(): string {
  const width = Math.max(...CASES.map(({ name }) => name.length));
  return CASES.map(({ name, title }) => `  ${name.padEnd(width)}  ${title}`).join("\n");
}

function collectCases(text: string, before: Case[] = []): Case[] {
  const found = text.split(",").flatMap((name) => {
    const named = casesNamed(name.trim());
    if (named.length === 0) throw new InvalidArgumentError(`There is no case "${name}".`);
    return named;
  });
  return [...before, ...found];
}

function oneCase(text: string): Case {
  const found = casesNamed(text).find((one) => !waits(one));
  if (found !== undefined) return found;
  throw new InvalidArgumentError("There is no such case, or it only waits.");
}

function anotherNode(path: string): OtherNode {
  try {
    return readNode(path);
  } catch (error) {
    throw new InvalidArgumentError((error as Error).message);
  }
}

/** A ratio up to 1. */
export function gate(text: string): number {
  const value = /^\d*\.?\d+$/.test(text) ? Number(text) : Number.NaN;
  if (value > 0 && value <= 1) return value;
  throw new InvalidArgumentError("It must be a number above 0, up to 1.");
}
