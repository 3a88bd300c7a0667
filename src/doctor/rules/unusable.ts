import type { DoctorFinding, DoctorServer } from "../report.js";
import { list } from "../words.js";
import { type EndedCredentials, type Failure, failedStep, failureOf, LONG_REFUSAL } from "./failure.js";
import { finding } from "./finding.js";

/**
 * Servers that do not do what is asked of them. Those with the same trouble are told together.
 *
 * @param needsJetStream it was asked for
 * @param leaving servers, as `host:port`, of which it is told elsewhere that they shut down
 */
export function unusable(
  servers: readonly DoctorServer[],
  ended: EndedCredentials,
  needsJetStream: boolean,
  leaving: ReadonlySet<string> = new Set(),
): DoctorFinding[] {
  const given = servers.filter(({ origin }) => origin === "given");
  const told = servers.filter(({ origin }) => origin === "gossip");
  const of = groups(told, ended, leaving);
  const away = of.filter(([{ rule }]) => AWAY.has(rule));
  return [
    ...groups(given, ended, leaving).map(([failure, failed]) =>
      ofGiven(failure, failed, given, needsJetStream),
    ),
    // One fault, however many ways there are not to be reached: the addresses that are told are of no use here.
    ...(away.length === 0 ? [] : [ofGossiped(away, servers)]),
    ...of.filter((group) => !away.includes(group)).map((group) => ofGossiped([group], servers)),
  ];
}

type Group = readonly [Failure, readonly DoctorServer[]];

function groups(
  servers: readonly DoctorServer[],
  ended: EndedCredentials,
  leaving: ReadonlySet<string>,
): Group[] {
  const found = new Map<string, [Failure, DoctorServer[]]>();
  for (const server of servers) {
    if (server.ok || server.probe.aborted === true || leaving.has(server.server)) continue;
    const failure = failureOf(server, ended);
    const key = `${failure.rule} ${failure.text}`;
    const group = found.get(key) ?? [failure, []];
    found.set(key, group);
    group[1].push(server);
  }
  return [...found.values()];
}

function ofGiven(
  { rule, text }: Failure,
  failed: readonly DoctorServer[],
  given: readonly DoctorServer[],
  needsJetStream: boolean,
): DoctorFinding {
  const names = failed.map(({ server }) => server);
  const usable = FALLS_SHORT.has(rule);
  const none = given.every(isOfNoUse);
  const all = given.length;
  // What nobody has asked for may be of no use without harm.
  const unasked = /jetstream/.test(rule) && !needsJetStream;
  return finding({
    rule,
    level: unasked ? "warning" : "error",
    servers: names,
    message:
      all === 1
        ? `${names[0]}: ${text}`
        : `${howMany(failed.length, all, usable, none)} ${list(names, 4)}: ${text}`,
    why: unasked ? UNASKED : usable ? shortOf(failed.length === all) : awayFrom(none),
    ...detailsOf(failed),
  });
}

const UNASKED = "streams, key-value and object stores cannot be used by way of this server; all else can";

function shortOf(all: boolean): string {
  return all
    ? "what was asked for is not to be had from any server"
    : "a connection that comes to it does not get what it needs";
}

function awayFrom(all: boolean): string {
  return all ? "a connection cannot be made" : "a connection that comes to it has to go on to another one";
}

/** A server that can be used, and does not have what was asked for. */
const FALLS_SHORT: ReadonlySet<string> = new Set(["payload-too-large", "no-jetstream", "jetstream-silent"]);

/** No connection can be made to it; of one that was not looked at to the end that is not known. */
function isOfNoUse({ ok, probe: { failed, aborted } }: DoctorServer): boolean {
  return !ok && aborted !== true && failed !== "payload" && failed !== "jetstream";
}

/** How many of several servers, ready to be followed by their names. @param none no other one can be used either */
function howMany(failed: number, all: number, usable: boolean, none: boolean): string {
  const some = `${failed} of ${all} servers`;
  if (usable) {
    if (failed === all) return `${all === 2 ? "both" : `all ${all}`} servers fall short:`;
    return `${some} ${failed === 1 ? "falls" : "fall"} short:`;
  }
  if (!none) return `${some} cannot be used:`;
  // With several reasons each is told by itself, and the first line must not sound as if the others were well.
  return `${all === 2 ? "neither server" : `none of the ${all} servers`} can be used${failed === all ? ":" : ";"}`;
}

function ofGossiped(groups: readonly Group[], all: readonly DoctorServer[]): DoctorFinding {
  const failed = groups.flatMap(([, servers]) => servers);
  const [[{ rule }]] = groups;
  const texts = groups.map(([{ text }, of]) => (groups.length === 1 ? text : `${text} (${of.length})`));
  const names = failed.map(({ server }) => server);
  const from = [...new Set(failed.flatMap((server) => server.from ?? []))];
  const { evidence, advice, docs } = detailsOf(failed);
  const isAway = AWAY.has(rule);
  const running = failed.filter(
    ({ id }) => id !== undefined && all.some((other) => other.ok && other.id === id),
  );
  return finding({
    rule: isAway ? "gossip-unreachable" : rule,
    level: "warning",
    servers: names,
    message: `the cluster tells clients to use ${list(names, 4)}, which from here ${names.length === 1 ? "does" : "do"} not work: ${texts.join("; ")}`,
    why: "a client that loses its server dials the ones that the cluster has told of; these cost it time, and help it nothing",
    evidence: [`told by ${list(from)}`, ...running.map(({ server }) => `${server} runs`), ...evidence],
    advice: isAway
      ? [
          ...(rule === "no-info"
            ? [
                "look at that server: a process that is stopped, or waits for its disk, takes connections and says nothing",
              ]
            : []),
          'set "client_advertise" in the server\'s "cluster" block (of each server its own) to the address under which clients reach it',
          'or "no_advertise: true" there, and name all servers in "servers"; the client alone: option "ignoreClusterUpdates: true"',
          ...advice.slice(0, 1),
        ]
      : advice,
    docs,
  });
}

/** It was not even a server that one could talk to. */
const AWAY: ReadonlySet<string> = new Set([
  "name-not-found",
  "nobody-listens",
  "not-reached",
  "not-nats",
  "no-info",
]);

function detailsOf(failed: readonly DoctorServer[]): Pick<DoctorFinding, "evidence" | "advice" | "docs"> {
  const evidence = failed.slice(0, 8).map(({ server, probe }) => {
    const step = failedStep(probe.steps);
    return `${server}: ${step?.name ?? "probe"}: ${step?.detail ?? "failed"}`;
  });
  const { cause, failed: step, steps } = failed[0].probe;
  // A server looks credentials up at once; who has waited has asked somebody.
  const asked =
    step === "auth" && cause?.kind === "authentication" && (failedStep(steps)?.ms ?? 0) >= LONG_REFUSAL;
  return {
    evidence,
    advice: [...(asked ? [CALLOUT] : []), ...(cause?.advice ?? [])],
    // What JetStream lacks is the cause of no end of a connection.
    docs: cause === undefined || step === "jetstream" ? HERE : cause.docs,
  };
}

const CALLOUT =
  'a refusal that takes so long comes of an auth callout that does not answer, if the server has one: see whether its service runs ("authorization { auth_callout }")';

const HERE = "docs/doctor.md#what-it-finds";
