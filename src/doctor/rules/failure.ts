import type { ProbeStep } from "../../index.js";
import { NO_ADDRESS } from "../look/servers.js";
import type { DoctorServer } from "../report.js";
import { bytes, count, harmless, list, span } from "../words.js";

/** Why a server cannot be used: the name of the rule, and what is said of it. */
export interface Failure {
  readonly rule: string;
  /** Continues "host:port: ". */
  readonly text: string;
}

/** Time at which the credentials in use ended, ms since the epoch; undefined: not known, or not yet. */
export type EndedCredentials = number | undefined;

/** Characters of a server's own words in a first line. */
const OF_TEXT = 160;

/** ms: the shortest time-out of an auth callout is a second, and a slow hash of a password takes less. */
export const LONG_REFUSAL = 900;

type Step = Pick<ProbeStep, "name" | "ok" | "ms" | "detail"> & { error?: { code: string } };

/** The step that failed first. */
export function failedStep(steps: readonly Step[]): Step | undefined {
  return steps.find(({ ok }) => !ok);
}

/** Why a server cannot be used. */
export function failureOf({ probe }: DoctorServer, ended: EndedCredentials): Failure {
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
      return { rule: "name-not-found", text: nameFailure(detail) };
    case "tcp":
      return tcpFailure(probe, detail);
    case "tls":
      if (step.error?.code === "TLS_REQUIRED") return { rule: "tls-required", text: withoutServer(detail) };
      return tlsFailure(probe, detail);
    case "info":
      return infoFailure(step, detail);
    case "auth":
      return authFailure(probe, detail, ended, step.ms);
    case "rtt":
      return pingFailure(probe, step, detail, ended);
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

function nameFailure(detail: string): string {
  const code = codeIn(detail);
  if (code !== "") return `the name does not resolve (${code})`;
  return detail === NO_ADDRESS ? NO_ADDRESS : "the name was not resolved in time";
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
  if (tls?.code === "ECONNRESET")
    return {
      rule: "tls-failed",
      text: "it ends the connection during the TLS handshake: is it a port without TLS, or does it want TLS of another kind?",
    };
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
  ms: number,
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
  if (/^authentication timeout/i.test(auth?.refusal ?? ""))
    return {
      rule: "server-failed",
      text: `it could not settle in time who this is (${auth?.refusal}): it is slow, or its auth callout is`,
    };
  if (cause?.kind !== "authentication") return { rule: "server-failed", text: endOf(detail, auth?.refusal) };
  if (auth?.given.length === 0)
    return { rule: "credentials-missing", text: "it wants credentials, and none are given" };
  const refusal = auth?.refusal === undefined ? "" : ` (${auth.refusal})`;
  const after = ms >= LONG_REFUSAL ? `, after ${span(ms)}` : "";
  return {
    rule: "credentials-refused",
    text: `it refuses the ${list(auth?.given ?? [])} given${refusal}${after}`,
  };
}

function jetstreamFailure({ jetstream }: DoctorServer["probe"], detail: string): Failure {
  switch (jetstream?.why) {
    case "no-responders": {
      const domain = /^\$JS\.([^.]+)\.API\./.exec(jetstream.subject)?.[1];
      const text =
        domain === undefined ? "JetStream is not enabled" : `there is no JetStream in domain ${domain}`;
      return { rule: "no-jetstream", text };
    }
    case "not-enabled":
      return { rule: "no-jetstream", text: "JetStream is not enabled for this account" };
    case "no-permission":
      return { rule: "no-jetstream", text: "this user may not ask for JetStream" };
    case "timeout":
      return { rule: "jetstream-silent", text: "JetStream does not answer" };
  }
  const said = jetstream?.error?.description;
  return {
    rule: "no-jetstream",
    text: said === undefined ? detail : `JetStream answers with an error: ${harmless(said, OF_TEXT)}`,
  };
}

function pingFailure(
  probe: DoctorServer["probe"],
  { error, ms }: Step,
  detail: string,
  ended: EndedCredentials,
): Failure {
  const { sent = 0, received = 0 } = probe.rtt ?? {};
  if (error?.code === "TIMEOUT") {
    const text =
      received === 0 ? "it does not answer PINGs" : `it has answered ${received} of ${count(sent, "PING")}`;
    return { rule: "no-pong", text };
  }
  // Who has ended the connection was not asked any more.
  if (probe.cause?.kind === "authentication") return authFailure(probe, detail, ended, ms);
  const when = received === 0 ? "right behind the handshake" : `after ${count(received, "round trip")}`;
  if (/ closed the connection$/.test(detail))
    return { rule: "server-failed", text: `it closed the connection ${when}` };
  const text =
    codeIn(detail) === "ECONNRESET"
      ? `it reset the connection ${when} (ECONNRESET)`
      : `it ended the connection ${when}: ${harmless(detail, OF_TEXT)}`;
  return { rule: "server-failed", text };
}

/** How it has ended what was not refused. @param refusal its own words */
function endOf(detail: string, refusal: string | undefined): string {
  if (detail.trim() === "") return "it has ended the connection with an error that has no text";
  if (refusal !== undefined) return `it has ended the connection: ${harmless(refusal, OF_TEXT)}`;
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
