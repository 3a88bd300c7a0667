import { CodedError } from "../../errors.js";
import { subLine } from "../../wire/lines.js";
import { isNoResponders } from "../../wire/status.js";
import type { ProbePeer, Received } from "./peer.js";
import type { ProbeJetStream, ProbeJetStreamFailure } from "./report.js";
import { harmless } from "./texts.js";
import { late } from "./time.js";

const SID = 2;
/** Longest answer that is read, bytes. */
const MAX_ANSWER = 1024 * 1024;

/** JetStream's errors that mean: not here, or not for this account (nats-server, `server/errors.json`). */
const NOT_ENABLED: ReadonlySet<number> = new Set([10_039, 10_076, 10_035]);

/** "JetStream system temporarily unavailable": what a server says when the cluster has no meta leader. */
const NO_LEADER = 10_008;

/** What to do about it. */
const ADVICE: Readonly<Record<ProbeJetStreamFailure, readonly string[]>> = {
  "no-responders": [
    'enable JetStream on the servers of this cluster: "jetstream: enabled" in their configuration',
    'if it is in another domain, behind a leaf node, name that: option "jetstream.domain"',
  ],
  "not-enabled": [
    'enable JetStream for this account: "jetstream: enabled" in its block of the server\'s configuration, or limits in its JWT',
  ],
  "no-permission": [
    'allow this user to publish to "$JS.API.>", and to subscribe to its inbox: "_INBOX.>", or what option "inboxPrefix" says',
  ],
  timeout: [
    "see whether the cluster has a meta leader, and a quorum of its servers: /jsz?accounts=true and /healthz of their monitoring port",
    'raise option "timeout" if the way to JetStream is long',
  ],
  error: ["look at the server's log at this time, and at /healthz of its monitoring port"],
};

/** What to do where JetStream is of no use. */
export function adviceOn(found: ProbeJetStream | undefined): string[] {
  if (found?.why === undefined) return [];
  return [...ADVICE[found.error?.errCode === NO_LEADER ? "timeout" : found.why]];
}

/** What was found; `error` where it is of no use. */
export interface AskedJetStream {
  readonly found: ProbeJetStream;
  readonly error: CodedError | undefined;
}

/**
 * Asks JetStream for the account's use and limits.
 *
 * @throws CodedError when the link ends
 */
export async function askJetStream(
  peer: ProbePeer,
  subject: string,
  inbox: string,
  since: number,
): Promise<AskedJetStream> {
  let answer: Received | undefined;
  peer.refusal = undefined;
  peer.take(SID, (message) => {
    answer ??= message;
  });
  peer.send(Buffer.from(`${subLine(SID, inbox, undefined)}PUB ${subject} ${inbox} 0\r\n\r\n`));
  const look = () => answer ?? peer.refusal;
  try {
    const said = await peer.until(look, late(`JetStream did not answer on ${subject}`), since);
    return said instanceof CodedError ? none(subject, "no-permission", said) : read(subject, said);
  } catch (thrown) {
    const error = thrown as CodedError;
    if (error.code !== "TIMEOUT") throw error;
    return none(subject, "timeout", error);
  }
}

function none(subject: string, why: ProbeJetStreamFailure, error: CodedError): AskedJetStream {
  return { found: { ok: false, subject, why }, error };
}

/** Reads the answer of `$JS.API.INFO`: everything in it may be missing, or be something else. */
export function read(subject: string, { headers, payload }: Received): AskedJetStream {
  if (
    headers.length > 0 &&
    isNoResponders(headers, 0, headers.length, headers.length) &&
    payload.length === 0
  ) {
    const text = `nobody answers on ${subject}: no server that can be reached from here has JetStream`;
    return none(subject, "no-responders", new CodedError("NO_RESPONDERS", text, { subject }));
  }
  const answer = payload.length > MAX_ANSWER ? undefined : objectOf(payload);
  if (answer === undefined) {
    const text = `what answers on ${subject} is not JetStream: ${payload.length} bytes that are no JSON object`;
    return none(subject, "error", new CodedError("PROTOCOL_ERROR", text));
  }
  const failed = record(answer.error);
  if (failed !== undefined) return refused(subject, failed);
  const limits = record(answer.limits) ?? {};
  const api = record(answer.api);
  const found: ProbeJetStream = {
    ok: true,
    subject,
    used: {
      memory: numberOf(answer.memory),
      storage: numberOf(answer.storage),
      streams: numberOf(answer.streams),
      consumers: numberOf(answer.consumers),
    },
    limits: {
      memory: numberOf(limits.max_memory, -1),
      storage: numberOf(limits.max_storage, -1),
      streams: numberOf(limits.max_streams, -1),
      consumers: numberOf(limits.max_consumers, -1),
    },
  };
  if (typeof answer.domain === "string") found.domain = harmless(answer.domain);
  if (typeof api?.level === "number") found.level = api.level;
  if (api !== undefined) found.api = { total: numberOf(api.total), errors: numberOf(api.errors) };
  return { found, error: undefined };
}

function refused(subject: string, { code, err_code, description }: Record<string, unknown>): AskedJetStream {
  const error: ProbeJetStream["error"] = {
    ...(typeof code === "number" ? { code } : {}),
    ...(typeof err_code === "number" ? { errCode: err_code } : {}),
    description: typeof description === "string" ? harmless(description) : "an error without a description",
  };
  const why = error.errCode !== undefined && NOT_ENABLED.has(error.errCode) ? "not-enabled" : "error";
  const made = new CodedError("SERVER_ERROR", `JetStream answers: ${error.description}`);
  return { found: { ok: false, subject, why, error }, error: made };
}

function objectOf(payload: Buffer): Record<string, unknown> | undefined {
  try {
    return record(JSON.parse(payload.toString("utf8")));
  } catch {
    return undefined;
  }
}

function record(value: unknown): Record<string, unknown> | undefined {
  const isOne = typeof value === "object" && value !== null && !Array.isArray(value);
  return isOne ? (value as Record<string, unknown>) : undefined;
}

function numberOf(value: unknown, otherwise = 0): number {
  return typeof value === "number" && Number.isFinite(value) ? value : otherwise;
}
