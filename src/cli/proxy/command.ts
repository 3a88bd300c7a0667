import type { Command } from "commander";
import { action } from "../action.js";
import { addExamples } from "../help.js";
import { wholeNumber } from "../values.js";
import { parseListen } from "./listen-address.js";
import type { ProxyCommandOptions } from "./run.js";

/** Adds `holdfast proxy`. */
export function addProxyCommand(program: Command): void {
  const command = program
    .command("proxy")
    .description(
      "a bad network in front of a server: what connects to the proxy gets latency, silence, resets, …",
    )
    .argument("<target>", "the server, host:port or nats://host:port")
    .option("--listen <address>", "port or host:port; default: a free port of 127.0.0.1", parseListen)
    .option(
      "--toxic <toxic>",
      "what it does to links from the start, such as latency=200,jitter=50; more than once",
      (text: string, before: string[] = []) => [...before, text],
    )
    .option("--gossip", "let the server tell clients of its cluster: they then find ways past the proxy")
    .option("--seed <n>", "the same seed and traffic have the same luck", wholeNumber(0, 2 ** 32 - 1))
    .action(
      action(async (target: string, options: ProxyCommandOptions) => {
        const { runProxy } = await import("./run.js");
        return runProxy(target, options);
      }),
    );
  command.addHelpText("after", () => PROXY_HELP);
  addExamples(command, [
    ["holdfast proxy 127.0.0.1:4222 --listen 4333", "nothing yet; press ? for the keys"],
    ["holdfast proxy 10.0.0.7 --toxic latency=200,jitter=50", "a slow way"],
    ["holdfast proxy 10.0.0.7 --toxic limit_data=100000,stream=downstream", "ends behind so many bytes"],
    [
      "(sleep 5; echo down; sleep 5; echo up) | holdfast proxy 10.0.0.7",
      "by lines, where there is no keyboard",
    ],
  ]);
}

const PROXY_HELP = `
Toxics, with their attributes; the first may stand for itself, as in
latency=200. All take stream=upstream|downstream|both, toxicity=0…1 (how many
links), name=NAME. Times are ms, or 5s; sizes bytes, or 64KiB.
  bandwidth rate           blackhole                corrupt probability, every
  delay_pong delay         drop_line verb, count    freeze
  half_open                inject line, count       latency latency, jitter
  limit_data bytes         reset_peer timeout       slow_close delay
  slicer averageSize, sizeVariation, delay          timeout timeout

On a terminal single keys do it (? lists them). Elsewhere lines of standard
input: TOXIC as above adds one, "remove NAME", "clear", "down", "up", "reset",
"status", "quit". The end of standard input changes nothing.

What the server says of its cluster (connect_urls) is taken out of its first
INFO, so that clients stay here; --gossip leaves it. Behind TLS nobody can see
later ones: give clients ignoreClusterUpdates: true there.`;
