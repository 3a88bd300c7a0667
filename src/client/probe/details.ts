import type { ServerInfo } from "../../interop/nats-core.js";
import type {
  ProbeAuth,
  ProbeDns,
  ProbeJetStream,
  ProbePayload,
  ProbeRtt,
  ProbeTcp,
  ProbeTls,
} from "./report.js";
import { count, harmless, inMs } from "./texts.js";

// One line for each step: what was found.

const SHOWN = 80;

/** Longest text of an error. */
const LONGEST = 400;

export function failed(error: Error): string {
  return harmless(error.message, LONGEST);
}

export function dns({ hostname, literal, addresses }: ProbeDns): string {
  if (literal) return `${hostname} is an address`;
  const list = addresses.map(({ address }) => address).join(", ");
  return harmless(`${hostname} is ${count(addresses.length, "address", "addresses")}: ${list}`, LONGEST);
}

export function tcp({ addresses, used }: ProbeTcp): string {
  const fastest = addresses.find(({ address }) => address === used);
  const dead = addresses.filter(({ ok }) => !ok);
  const reached = `${used} in ${inMs(fastest?.ms ?? 0)}`;
  if (addresses.length === 1) return `connected to ${reached}`;
  const others = dead.map(({ address, why, code }) => `${address} not: ${code ?? why}`);
  const some = `${addresses.length - dead.length} of ${addresses.length} addresses can be connected to`;
  return harmless([`${some}, ${reached}`, ...others].join("; "), LONGEST);
}

export function tls({ protocol, cipher, chain, authorized, code, name }: ProbeTls): string {
  const [own] = chain;
  const parts = [`${protocol} with ${cipher}`];
  if (own !== undefined) {
    parts.push(`certificate of ${own.subject} by ${own.issuer}, ${lasts(own.days)}`);
  }
  parts.push(
    authorized === true
      ? `verified for ${name}`
      : `it does not verify (${code}), and option "tls.rejectUnauthorized" is false`,
  );
  return harmless(parts.join("; "), LONGEST);
}

function lasts(days: number): string {
  return days < 0 ? `expired ${count(-days, "day")} ago` : `${count(days, "day")} left`;
}

export function info({ server_name, version, cluster, jetstream, max_payload, ldm }: ServerInfo): string {
  const parts = [`nats-server ${harmless(version, SHOWN)}, ${harmless(server_name, SHOWN)}`];
  if (cluster !== undefined) parts.push(`cluster ${harmless(cluster, SHOWN)}`);
  parts.push(`max_payload ${max_payload}`);
  if (jetstream === true) parts.push("JetStream");
  if (ldm === true) parts.push("shuts down (lame duck mode)");
  return parts.join(", ");
}

export function auth({ required, given }: ProbeAuth): string {
  if (given.length > 0) return `accepted with ${given.join(" and ")}`;
  return required ? "accepted without credentials" : "no credentials wanted, none given";
}

export function rtt({ sent, received, lost, best, median, p99, jitter }: ProbeRtt): string {
  if (median === undefined) return `none of ${count(sent, "PING")} was answered`;
  const figures = `median ${inMs(median)}, p99 ${inMs(p99!)}, best ${inMs(best!)}, jitter ${inMs(jitter!)}`;
  return `${figures} of ${count(received, "round trip")}${lost > 0 ? `; ${lost} of ${sent} PINGs lost` : ""}`;
}

export function payload({ size, maxPayload, fits, published, ms }: ProbePayload): string {
  if (!fits) return `${size} bytes are over the server's max_payload of ${maxPayload}`;
  return published
    ? `${size} bytes were there and back in ${inMs(ms!)}`
    : `${size} bytes are within max_payload (${maxPayload})`;
}

const WHY: Record<NonNullable<ProbeJetStream["why"]>, string> = {
  "no-responders": "no server that can be reached from here has it",
  "not-enabled": "it is not enabled for this account",
  "no-permission": "this user may not ask for it",
  timeout: "it did not answer",
  error: "it answers with an error",
};

export function jetstream({ ok, why, error, used, subject }: ProbeJetStream): string {
  if (ok)
    return `${count(used!.streams, "stream")} and ${count(used!.consumers, "consumer")} in this account`;
  const text = error === undefined ? "" : `: ${error.description}`;
  return harmless(`none (${subject}): ${WHY[why!]}${text}`, LONGEST);
}
