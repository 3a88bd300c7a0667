import type { Found, LintContext, Rule } from "../rule.js";

function noName({ options }: LintContext): Found | undefined {
  if (options.name !== undefined && options.name.trim() !== "") return undefined;
  return {
    level: "hint",
    option: "name",
    message: "the connection has no name",
    why: "in the server's monitoring and log it is one of many, a number with an address",
    advice: ["name: service and host, such as orders-7f9c; optionsFromEnv() makes one"],
  };
}

function costs({ options }: LintContext): Found | undefined {
  if (options.debug === true)
    return {
      level: "hint",
      option: "debug",
      message: "every protocol line is printed to stderr: debug is true",
      why: "it costs most of the throughput, and subjects end up in the log",
      advice: ["debug: false but for a look"],
    };
  if (options.verbose === true || options.pedantic === true) {
    const option = options.verbose === true ? "verbose" : "pedantic";
    return {
      level: "hint",
      option,
      message:
        option === "verbose"
          ? "the server answers every publish by a +OK: verbose is true"
          : "the server looks more closely at every message: pedantic is true",
      why: "it costs throughput at both ends, and tells nothing that a confirmation does not",
      advice: [`${option}: false`],
    };
  }
  if (options.noDelay === false)
    return {
      level: "hint",
      option: "noDelay",
      message: "small packets are gathered by the system: noDelay is false",
      why: "requests and confirmations take up to 40 ms longer (Nagle and delayed ACKs)",
      advice: ["noDelay: true; what is published in a burst is gathered anyway"],
    };
  if (options.noAsyncTraces !== false) return undefined;
  return {
    level: "hint",
    option: "noAsyncTraces",
    message: "every request notes where it was made: noAsyncTraces is false",
    why: "it doubles what a request costs",
    advice: ["noAsyncTraces: true but for a look"],
  };
}

/** What helps those who look, and what costs more than it tells. */
export const LOOKING: readonly Rule[] = [
  { name: "no-name", check: noName },
  { name: "costly-looks", check: costs },
];
