import { getHeapStatistics } from "node:v8";
import type { Engine } from "../../core/engine.js";
import { CodedError } from "../../errors.js";
import { publicError } from "../../interop/errors.js";
import { callOptions } from "../call-options.js";
import { VARIABLES } from "../env/variables.js";
import { number, readOptions, record } from "../option-checks.js";
import type { ConnectionOptions } from "../options.js";
import { parseServers } from "../settings.js";
import type { Finding, FindingLevel, LintAround } from "./finding.js";
import { accept, type Refused } from "./invalid.js";
import type { LintContext, Running } from "./rule.js";
import { RULES } from "./rules/rules.js";
import { publishedWildcards } from "./wildcards.js";

/** Kubernetes' `terminationGracePeriodSeconds` unless told otherwise, ms. */
const GRACE_PERIOD = 30_000;
const DAY = 86_400_000;

const AROUND_CHECKS = {
  heapLimit: number(1, Number.MAX_SAFE_INTEGER, "bytes"),
  probeTimeout: number(1, DAY, "milliseconds"),
  gracePeriod: number(0, DAY, "milliseconds"),
};

/**
 * Says what could be better about options of `connect()`, also those of `optionsFromEnv()`: too eager, too patient, one server, plain
 * text, and so on, each with why and a better value. Nothing is connected; files that the options name are read as `connect()` reads them.
 * What `connect()` would refuse is a finding of level `error` as well.
 *
 * @param around what is known of the place where they are used
 * @returns findings, the worst first; none has a secret in it
 * @throws an error with code `INVALID_ARGUMENT` when the options are no object, or `around` is wrong
 */
export function lint(options: ConnectionOptions, around?: LintAround): Finding[] {
  try {
    const wrong = record(options);
    if (wrong !== undefined) throw new CodedError("INVALID_ARGUMENT", `lint(): the options ${wrong}`);
    const surroundings = aroundOf(around);
    const { settings, refused } = accept(options);
    if (settings === undefined) return refused.map(refusal);
    const { addresses, options: checked } = settings;
    const gone = new Set(refused.map(({ option }) => option.split(/[.[]/)[0]));
    // What rules would say about the default of an option that is refused is beside the point.
    const found = findings({ ...surroundings, options: checked, addresses, running: undefined }).filter(
      ({ option }) => !gone.has((option ?? "").split(".")[0]),
    );
    return sorted([...refused.map(refusal), ...found]);
  } catch (error) {
    throw error instanceof CodedError ? publicError(error) : error;
  }
}

/** The same for the options of a connection, with what it knows. */
export function lintRunning(options: ConnectionOptions, { session, intake }: Engine): Finding[] {
  const { active, pool } = session;
  const running: Running = {
    servers: pool.all.length,
    secure: active === undefined ? undefined : active.secure || active.server.address.scheme === "wss",
    wildcards: publishedWildcards(intake.subjects.kept()),
  };
  const { port, servers = "127.0.0.1" } = options;
  const addresses = parseServers(port === undefined ? servers : `127.0.0.1:${port}`);
  return sorted(findings({ ...aroundOf(undefined), options, addresses, running }));
}

function aroundOf(given: LintAround | undefined): Omit<LintContext, "options" | "addresses" | "running"> {
  const around: LintAround = readOptions(callOptions(given), {
    checks: AROUND_CHECKS,
    refuse: (name, why) => new CodedError("INVALID_ARGUMENT", `lint(): "${name}" ${why}`, { option: name }),
  });
  const { heapLimit = memory(), probeTimeout, gracePeriod = GRACE_PERIOD } = around;
  return { heapLimit, probeTimeout, gracePeriod };
}

/** Bytes that this process may have: of its heap, or of its container if that is less. */
function memory(): number {
  const heap = getHeapStatistics().heap_size_limit;
  const constrained = process.constrainedMemory();
  return constrained > 0 ? Math.min(heap, constrained) : heap;
}

function findings(context: LintContext): Finding[] {
  return RULES.flatMap(({ name, check }) => {
    const found = check(context);
    if (found === undefined) return [];
    const { level, option, message, why, advice } = found;
    return [finding(name, level, option, message, why, [...advice])];
  });
}

function refusal({ option, message }: Refused): Finding {
  const why = "connect() rejects with INVALID_OPTION";
  const advice = [
    option === ""
      ? "options as the type ConnectionOptions has them"
      : `${option}: as the type ConnectionOptions has it`,
  ];
  return finding("invalid-option", "error", option === "" ? undefined : option, message, why, advice);
}

function finding(
  rule: string,
  level: FindingLevel,
  option: string | undefined,
  message: string,
  why: string,
  advice: string[],
): Finding {
  const variable = variableOf(option);
  return {
    rule,
    level,
    option,
    ...(variable === undefined ? {} : { variable }),
    message,
    why,
    advice,
    docs: `docs/lint.md#${rule}`,
  };
}

const LEVELS: readonly FindingLevel[] = ["error", "warning", "hint"];

function sorted(all: Finding[]): Finding[] {
  return all.toSorted((a, b) => LEVELS.indexOf(a.level) - LEVELS.indexOf(b.level));
}

/** The variable that sets an option; of several all of them. */
function variableOf(option: string | undefined): string | undefined {
  const names = VARIABLES.filter((variable) => variable.option === option).map(({ name }) => name);
  return names.length === 0 ? undefined : names.join(" or ");
}
