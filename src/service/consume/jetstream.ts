// biome-ignore lint/suspicious/noTsIgnore: there is no error here, but in declarations where the package is missing.
/** @ts-ignore The package is optional. */
import type * as JetStreamPackage from "@nats-io/jetstream";
import { codedError } from "../../checks/coded-error.js";
import { missingPackage } from "../../checks/missing-package.js";
import { describeCause } from "../../errors.js";
import type { Connection } from "../../index.js";

export type ConsumerConfig = JetStreamPackage.ConsumerConfig;
export type ConsumerInfo = JetStreamPackage.ConsumerInfo;
export type JetStreamManager = JetStreamPackage.JetStreamManager;
export type StreamConfig = JetStreamPackage.StreamConfig;
export type StreamInfo = JetStreamPackage.StreamInfo;

const NAME = "@nats-io/jetstream";

/** Codes of JetStream's API errors (`err_code`) that decide what is done. */
export const ApiCode = {
  ClusterNotAvailable: 10008,
  ConsumerNotFound: 10014,
  ConsumerExists: 10148,
  InvalidJson: 10025,
  ConsumerNameInUse: 10013,
  MessageNotFound: 10037,
  StreamNameInUse: 10058,
  StreamNotFound: 10059,
} as const;

/** How a JetStream is reached. */
export interface JetStreamAccess {
  /** JetStream domain. Default: the account's own. */
  domain?: string;
  /** ms that a call to JetStream's API may take. */
  timeout: number;
}

/**
 * The manager of `@nats-io/jetstream`, from where Holdfast is installed. Asks no server.
 *
 * @param who the call that needs it, for the text of the error
 * @throws an error with code `PACKAGE_MISSING` that says what to install
 */
export async function loadManager(
  nc: Connection,
  { domain, timeout }: JetStreamAccess,
  who: string,
  load: () => Promise<typeof JetStreamPackage> = () => import("@nats-io/jetstream"),
): Promise<JetStreamManager> {
  let jetstream: typeof JetStreamPackage;
  try {
    jetstream = await load();
  } catch (cause) {
    const { code, message } = cause as NodeJS.ErrnoException;
    // It may be there and miss something of its own.
    if (code !== "ERR_MODULE_NOT_FOUND" || !message.includes(`'${NAME}'`)) throw cause;
    throw missingPackage(`${who}() needs the package ${NAME}: npm install ${NAME}`, cause);
  }
  // Whether a JetStream is there is found out by whoever asks for something: it may come later.
  return jetstream.jetstreamManager(nc, {
    timeout,
    checkAPI: false,
    ...(domain === undefined ? {} : { domain }),
  });
}

/** The `err_code` of an API error; undefined for anything else. */
export function apiCode(error: unknown): number | undefined {
  const { code, status } = Object(error) as { code?: unknown; status?: unknown };
  return typeof code === "number" && typeof status === "number" ? code : undefined;
}

/** The field that the server says is unknown or of a wrong type; undefined when it does not name one. */
export function fieldOf(error: unknown): string | undefined {
  if (apiCode(error) !== ApiCode.InvalidJson) return undefined;
  const { message } = error as Error;
  return /unknown field "(\w+)"|struct field \w+\.(\w+)/
    .exec(message)
    ?.slice(1)
    .find((name) => name !== undefined);
}

/** An error of JetStream as one of ours, with what it was about. */
export function consumerFailed(what: string, cause: unknown): Error {
  return codedError("CONSUMER_FAILED", `${what}: ${describeCause(cause)}`, { cause });
}

/** Whether a name may be part of a subject of JetStream's API. */
export function nameProblem(value: unknown): string | undefined {
  if (typeof value !== "string" || value === "") return "must be a name";
  if (value.length > 255) return "must be a name of at most 255 characters";
  return /[\s.*>/\\\p{Cc}]/u.test(value) ? "must not contain white space, or any of . * > / \\" : undefined;
}
