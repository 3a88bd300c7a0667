import type { ProbeStep } from "../../index.js";
import type { DoctorFinding, DoctorServer } from "../report.js";
import { bytes, count, list, span } from "../words.js";
import { finding } from "./finding.js";

/** Why a server cannot be used: the name of the rule, and what is said of it. */
interface Failure {
  readonly rule: string;
  /** Continues "host:port: ". */
  readonly text: string;
}

/** Time at which the credentials in use ended, ms since the epoch; undefined: not known, or not yet. */
export type EndedCredentials = number | undefined;

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
      ofGiven(failure, failed, given.length, needsJetStream),
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
  all: number,
  needsJetStream: boolean,
): DoctorFinding {
  const names = failed.map(({ server }) => server);
  const usable = rule === "payload-too-large" || rule === "no-jetstream" || rule === "jetstream-silent";
  const verb = usable ? "fall short" : "cannot be used";
  const some =
    failed.length === all ? `all ${all} servers ${verb}` : `${failed.length} of ${all} servers ${verb}`;
  return finding({
    rule,
    // What nobody has asked for may be of no use without harm.
    level: /jetstream/.test(rule) && !needsJetStream ? "warning" : "error",
    servers: names,
    message: all === 1 ? `${names[0]}: ${text}` : `${some}: ${list(names, 4)}: ${text}`,
    why:
      failed.length === all
        ? usable
          ? "what was asked for is not to be had from any server"
          : "a connection cannot be made"
        : "a connection that comes to it has to go on to another one, or does not get what it needs",
    ...detailsOf(failed),
  });
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
  const { cause, failed: step } = failed[0].probe;
  return {
    evidence,
    advice: cause === undefined ? [] : [...cause.advice],
    // What JetStream lacks is the cause of no end of a connection.
    docs: cause === undefined || step === "jetstream" ? HERE : cause.docs,
  };
}

const HERE = "docs/doctor.md#what-it-finds";

type Step = Pick<ProbeStep, "name" | "ok" | "detail"> & { error?: { code: string } };

function failedStep(steps: readonly Step[]): Step | undefined {
  return steps.find(({ ok }) => !ok);
}

function failureOf({ probe }: DoctorServer, ended: EndedCredentials): Failure {
  const step = failedStep(probe.steps);
  const { cause } = probe;
  const detail = step?.detail ?? "the probe failed";
  const port = OTHER_PORT.exec(detail);
  if (port !== null)
    return { rule: "not-nats", text: `that is the port for ${OTHERS[port[1].toLowerCase()]}` };
  if (cause?.kind === "overload") return { rule: "server-full", text: overloaded(cause.message) };
  if (cause?.kind === "tls" && step?.name !== "tls") return tlsFailure(probe, detail);
  switch (step?.name) {
    case "dns":
      return { rule: "name-not-found", text: `the name does not resolve (${codeIn(detail)})` };
    case "tcp":
      return tcpFailure(probe, detail);
    case "tls":
      if (step.error?.code === "TLS_REQUIRED") return { rule: "tls-required", text: withoutServer(detail) };
      return tlsFailure(probe, detail);
    case "info":
      return infoFailure(step, detail);
    case "auth":
      return authFailure(probe, detail, ended);
    case "rtt":
      return { rule: "no-pong", text: pings(probe) };
    case "payload": {
      const { size, maxPayload } = probe.payload ?? {};
      if (size === undefined || maxPayload === undefined) break;
      const text = `a message of ${bytes(size)} is over max_payload, ${bytes(maxPayload)}`;
      return { rule: "payload-too-large", text };
    }
    case "jetstream":
      return jetstreamFailure(probe, detail);
  }
  return { rule: "server-failed", text: detail };
}

/** What a server says to a client that has come to a port for other servers. */
const OTHER_PORT = /attempted to connect to (route|gateway|leaf ?node) port/i;
const OTHERS: Readonly<Record<string, string>> = {
  route: "routes between servers (cluster), not the one for clients",
  gateway: "gateways between clusters, not the one for clients",
  "leaf node": "leaf nodes, not the one for clients",
  leafnode: "leaf nodes, not the one for clients",
};

function overloaded(text: string): string {
  if (/account .*connections/i.test(text))
    return "it takes no more connections of this account (its limit of connections)";
  return /connections/i.test(text)
    ? "it takes no more connections (max_connections)"
    : `it has no room: ${text}`;
}

function tcpFailure({ tcp }: DoctorServer["probe"], detail: string): Failure {
  const reasons = new Set((tcp?.addresses ?? []).map(({ why }) => why));
  const code = codeIn(detail);
  if (reasons.has("refused") || code === "ECONNREFUSED") {
    return { rule: "nobody-listens", text: "nobody listens there (ECONNREFUSED)" };
  }
  if (code === "ECONNRESET")
    return { rule: "not-reached", text: "it resets connections at once (ECONNRESET)" };
  if (code !== "") return { rule: "not-reached", text: `it cannot be reached (${code})` };
  return { rule: "not-reached", text: "it cannot be reached: no answer in time" };
}

function tlsFailure({ tls }: DoctorServer["probe"], detail: string): Failure {
  const [own] = tls?.chain ?? [];
  const names = list(own?.names ?? [], 3);
  switch (tls?.why) {
    case "expired": {
      const expired = tls.chain.find(({ days }) => days < 0);
      const ago = expired === undefined ? "" : ` ${span(Date.now() - expired.validTo)} ago`;
      const whose =
        expired === undefined || expired === own
          ? "its certificate has expired"
          : `the authority of its certificate, ${expired.subject}, has expired`;
      return { rule: "certificate-expired", text: `${whose}${ago}` };
    }
    case "not-yet-valid":
      return {
        rule: "certificate-not-yet-valid",
        text: "its certificate is not valid yet, or the clock here is slow",
      };
    case "wrong-name": {
      const text = `its certificate is for ${names === "" ? "another name" : names}, not for ${tls.name}`;
      return { rule: "certificate-name", text };
    }
    case "unknown-authority":
    case "self-signed": {
      const by = own === undefined ? "" : ` (${own.issuer})`;
      return {
        rule: "certificate-authority",
        text: `its certificate is of an authority that is not trusted here${by}`,
      };
    }
    case "revoked":
      return { rule: "certificate-revoked", text: "its certificate was revoked" };
    case "client-certificate":
      return { rule: "client-certificate", text: "it wants a certificate of this client that it can verify" };
    case "no-tls":
      return { rule: "no-tls", text: "it does not offer TLS, which is asked for" };
  }
  if (tls === undefined) return { rule: "tls-required", text: withoutServer(detail) };
  return {
    rule: "tls-failed",
    text: `TLS does not come about: ${withoutServer(detail.replace(/^TLS failed: /, ""))}`,
  };
}

function infoFailure(step: Step, detail: string): Failure {
  if (step.error?.code === "TLS_REQUIRED") {
    return {
      rule: "tls-required",
      text: 'it begins with TLS, before any INFO (option "tls.handshakeFirst")',
    };
  }
  if (/does not speak websocket/.test(detail)) {
    return {
      rule: "not-nats",
      text: "it does not speak websocket: if that is the port for clients, it is nats://, not ws://",
    };
  }
  if (step.error?.code === "PROTOCOL_ERROR") return { rule: "not-nats", text: withoutServer(detail) };
  const frozen = "it takes connections and says nothing: frozen, or no NATS server";
  // Who has sent some bytes has said something.
  return step.error?.code === "TIMEOUT" && !/ sent \d+ bytes? /.test(detail)
    ? { rule: "no-info", text: frozen }
    : { rule: "no-info", text: withoutServer(detail) };
}

function authFailure(
  { auth, cause }: DoctorServer["probe"],
  detail: string,
  ended: EndedCredentials,
): Failure {
  // Without them nothing was asked of the server: it has neither wanted nor refused any.
  if (cause?.code === "AUTHENTICATOR_FAILED")
    return {
      rule: "credentials-unreadable",
      text: `the credentials cannot be used: ${withoutServer(detail)}`,
    };
  if (cause?.code === "AUTHENTICATION_EXPIRED" || ended !== undefined) {
    const ago = ended === undefined ? "" : ` ${span(Date.now() - ended)} ago`;
    return { rule: "credentials-expired", text: `the credentials have expired${ago}` };
  }
  if (cause?.kind !== "authentication") return { rule: "server-failed", text: endOf(detail) };
  if (auth?.given.length === 0)
    return { rule: "credentials-missing", text: "it wants credentials, and none are given" };
  const refusal = auth?.refusal === undefined ? "" : ` (${auth.refusal})`;
  return { rule: "credentials-refused", text: `it refuses the ${list(auth?.given ?? [])} given${refusal}` };
}

function jetstreamFailure({ jetstream }: DoctorServer["probe"], detail: string): Failure {
  switch (jetstream?.why) {
    case "no-responders":
    case "not-enabled": {
      const scope = jetstream.why === "not-enabled" ? " for this account" : "";
      return { rule: "no-jetstream", text: `JetStream is not enabled${scope}` };
    }
    case "no-permission":
      return { rule: "no-jetstream", text: "this user may not ask for JetStream" };
    case "timeout":
      return { rule: "jetstream-silent", text: "JetStream does not answer" };
  }
  const said = jetstream?.error?.description;
  return {
    rule: "no-jetstream",
    text: said === undefined ? detail : `JetStream answers with an error: ${said}`,
  };
}

function pings({ rtt }: DoctorServer["probe"]): string {
  const { sent = 0, received = 0 } = rtt ?? {};
  return received === 0
    ? "it does not answer PINGs"
    : `it has answered ${received} of ${count(sent, "PING")}`;
}

/** How it has ended what was not refused. */
function endOf(detail: string): string {
  if (detail.trim() === "") return "it has ended the connection with an error that has no text";
  return codeIn(detail) === "ECONNRESET"
    ? "it resets the connection during the handshake (ECONNRESET)"
    : withoutServer(detail);
}

/** The name of a system's error in a text. */
function codeIn(text: string): string {
  return /\bE[A-Z][A-Z_]{3,}\b/.exec(text)?.[0] ?? "";
}

/** The server stands before it already. */
function withoutServer(text: string): string {
  const short = text.replace(/^\S+:\d+:? /, "");
  return short === text ? text : `it ${short}`;
}
