import type {
  BreakerState,
  Component,
  ConsumerFacts,
  HandlerFacts,
  OutboxFacts,
  PublisherFacts,
  ShutdownFacts,
} from "../../index.js";
import { codeOf, safeText, shown, withoutSubject } from "../safe-text.js";
import { componentName, NAMELESS } from "./component-name.js";
import { type Durations, durationsOf } from "./durations.js";

/** What is the same of all components. All texts of a reading may be shown to everybody. */
interface Common {
  readonly name: string;
  /** Why the process should get no traffic; undefined when it may. */
  readonly unready: string | undefined;
  /** What keeps it from its work; undefined when nothing does. */
  readonly failing: string | undefined;
  /** What went wrong last; undefined when nothing did. */
  readonly lastError: string | undefined;
}

/** Figures of work that are counts: they never go down. */
export const WORK_COUNTS = [
  "handled",
  "retried",
  "failed",
  "timedOut",
  "invalid",
  "deadLettered",
  "discarded",
] as const satisfies (keyof HandlerFacts)[];

/** Counts that consumers have beside those of {@link WORK_COUNTS}. */
export const CONSUMER_COUNTS = [
  "acked",
  "naked",
  "termed",
  "redelivered",
  "recoveries",
  "recreated",
] as const satisfies (keyof ConsumerFacts)[];

/** Counts of policies. */
export const POLICY_COUNTS = ["calls", "failed", "retried", "rejected", "hedged", "fallbacks"] as const;

/** Counts of outboxes. */
export const OUTBOX_COUNTS = [
  "recovered",
  "stored",
  "confirmed",
  "expired",
  "refused",
  "lost",
  "failures",
] as const satisfies (keyof OutboxFacts)[];

/** Counts of stream publishers. */
export const PUBLISHER_COUNTS = [
  "acked",
  "duplicates",
  "retried",
  "failed",
] as const satisfies (keyof PublisherFacts)[];

type Numbers<K extends string> = { readonly [_ in K]: number };

/** What becomes of messages. */
export interface Work extends Numbers<(typeof WORK_COUNTS)[number]> {
  readonly inFlight: number;
  readonly waiting: number;
  readonly concurrency: number;
  readonly durations: Durations | undefined;
}

export interface HandlerReading extends Common, Work {
  readonly kind: "handler";
  readonly state: HandlerFacts["state"];
}

export interface ConsumerReading extends Common, Work, Numbers<(typeof CONSUMER_COUNTS)[number]> {
  readonly kind: "consumer";
  readonly state: ConsumerFacts["state"];
  readonly stream: string;
  readonly consumer: string;
  /** Lag; undefined when not known. */
  readonly pending: number | undefined;
  readonly ackPending: number | undefined;
  /** ms since the epoch. */
  readonly lastMessageAt: number | undefined;
}

export interface BreakerReading {
  readonly subject: string;
  readonly state: BreakerState;
  readonly opened: number;
}

export interface PolicyReading extends Common, Numbers<(typeof POLICY_COUNTS)[number]> {
  readonly kind: "policy";
  /** The most serious of its breakers'. */
  readonly state: BreakerState;
  readonly breakers: readonly BreakerReading[];
}

export interface OutboxReading extends Common, Numbers<(typeof OUTBOX_COUNTS)[number]> {
  readonly kind: "outbox";
  readonly state: OutboxFacts["state"];
  /** Messages that it holds, without those that are parked. */
  readonly messages: number;
  readonly parked: number;
  readonly bytes: number;
  /** What `bytes` may reach; undefined when there is no limit. */
  readonly maxBytes: number | undefined;
  /** ms. */
  readonly oldestAge: number;
  /** How long commits took. */
  readonly flushes: Durations | undefined;
}

export interface PublisherReading extends Common, Numbers<(typeof PUBLISHER_COUNTS)[number]> {
  readonly kind: "publisher";
  readonly state: PublisherFacts["state"];
  /** Undefined when the servers find the stream by the subject. */
  readonly stream: string | undefined;
  readonly inFlight: number;
  readonly waiting: number;
  /** How long PubAcks took. */
  readonly durations: Durations | undefined;
}

export interface ShutdownReading extends Common {
  readonly kind: "shutdown";
  readonly state: ShutdownFacts["phase"];
}

export interface OtherReading extends Common {
  readonly kind: "other";
  /** `unknown`: it does not answer. */
  readonly state: "present" | "unknown";
}

/** What a component has told of itself, checked and copied: components may come from an application, or another version. */
export type Reading =
  | HandlerReading
  | ConsumerReading
  | PolicyReading
  | OutboxReading
  | PublisherReading
  | ShutdownReading
  | OtherReading;

/** Breakers of one policy that are looked at: there is one for each subject. */
const BREAKERS = 1_000;

const HANDLER_STATES = ["running", "stopping", "stopped"] as const satisfies HandlerFacts["state"][];
export const CONSUMER_STATES = [
  "starting",
  "consuming",
  "recovering",
  "stopping",
  "stopped",
] as const satisfies ConsumerFacts["state"][];
const OUTBOX_STATES = ["idle", "sending", "waiting", "closed"] as const satisfies OutboxFacts["state"][];
const PUBLISHER_STATES = [
  "running",
  "recovering",
  "stopping",
  "stopped",
] as const satisfies PublisherFacts["state"][];
const PHASES = [
  "waiting",
  "delaying",
  "stopping",
  "draining",
  "done",
] as const satisfies ShutdownFacts["phase"][];
/** The least serious first. */
export const BREAKER_STATES = ["closed", "half-open", "isolated", "open"] as const satisfies BreakerState[];

/** Reads a component. One whose `facts()` throws, or answers what is none, is told to be failing. */
export function readComponent(component: Component): Reading {
  let given: unknown;
  try {
    given = component.facts();
    if (given instanceof Promise) given.catch(() => {});
    return readingOf(given as Fields);
  } catch {
    return silent(given);
  }
}

/** Whether it has told nothing that makes sense. */
export function isSilent({ kind, state }: Reading): boolean {
  return kind === "other" && state === "unknown";
}

type Fields = Readonly<Record<string, unknown>>;

function readingOf(facts: Fields): Reading {
  const common = commonOf(facts);
  switch (facts.kind) {
    case "handler":
      return { ...common, kind: "handler", state: oneOf(HANDLER_STATES, facts.state), ...workOf(facts) };
    case "consumer":
      return {
        ...common,
        kind: "consumer",
        state: oneOf(CONSUMER_STATES, facts.state),
        stream: componentName(facts.stream),
        consumer: componentName(facts.consumer),
        ...workOf(facts),
        ...numbers(CONSUMER_COUNTS, facts),
        pending: numberIn(facts.pending),
        ackPending: numberIn(facts.ackPending),
        lastMessageAt: numberIn(facts.lastMessageAt),
      };
    case "policy": {
      const breakers = breakersOf(facts.breakers);
      return {
        ...common,
        kind: "policy",
        state: worst(breakers),
        ...numbers(POLICY_COUNTS, facts),
        breakers,
      };
    }
    case "outbox":
      return {
        ...common,
        kind: "outbox",
        state: oneOf(OUTBOX_STATES, facts.state),
        ...numbers(OUTBOX_COUNTS, facts),
        ...numbers(["messages", "parked", "bytes", "oldestAge"], facts),
        maxBytes: numberIn(facts.maxBytes),
        flushes: durationsOf(facts.flushes),
      };
    case "publisher":
      return {
        ...common,
        kind: "publisher",
        state: oneOf(PUBLISHER_STATES, facts.state),
        stream: facts.stream === undefined ? undefined : componentName(facts.stream),
        ...numbers(PUBLISHER_COUNTS, facts),
        ...numbers(["inFlight", "waiting"], facts),
        durations: durationsOf(facts.durations),
      };
    case "shutdown":
      return { ...common, kind: "shutdown", state: oneOf(PHASES, facts.phase) };
    default:
      // One of a version to come, too.
      return { ...common, kind: "other", state: "present" };
  }
}

function commonOf(facts: Fields): Common {
  const { name, unready, failing, lastError, subject } = facts;
  return {
    name: componentName(name),
    unready: textIn(unready, subject),
    failing: textIn(failing, subject),
    lastError: errorIn(lastError),
  };
}

function workOf(facts: Fields): Work {
  return {
    ...numbers(WORK_COUNTS, facts),
    ...numbers(["inFlight", "waiting", "concurrency"], facts),
    durations: durationsOf(facts.durations),
  };
}

function breakersOf(given: unknown): BreakerReading[] {
  if (!Array.isArray(given)) return [];
  return given.slice(0, BREAKERS).map(({ subject, state, opened }) => ({
    subject: componentName(subject),
    state: oneOf(BREAKER_STATES, state),
    opened: numberIn(opened) ?? 0,
  }));
}

function worst(breakers: readonly BreakerReading[]): BreakerState {
  return BREAKER_STATES[Math.max(0, ...breakers.map(({ state }) => BREAKER_STATES.indexOf(state)))];
}

function numbers<K extends string>(names: readonly K[], facts: Fields): Numbers<K> {
  return Object.fromEntries(names.map((name) => [name, numberIn(facts[name]) ?? 0])) as Numbers<K>;
}

/** A number that Prometheus and JSON have, and that counts something. */
function numberIn(value: unknown): number | undefined {
  return Number.isFinite(value) && (value as number) >= 0 ? (value as number) : undefined;
}

/** What stands in the way, even if it is not said in words. */
function textIn(value: unknown, subject: unknown): string | undefined {
  if (value === undefined || value === null || value === false || value === "") return undefined;
  if (typeof value !== "string") return "it does not say why";
  return shown(typeof subject === "string" ? withoutSubject(value, subject) : value).toWellFormed();
}

function errorIn(error: unknown): string | undefined {
  if (error === undefined || error === null) return undefined;
  return error instanceof Error ? safeText(error) : codeOf(new Error());
}

function oneOf<T extends string>(values: readonly T[], value: unknown): T {
  const found = values.find((one) => one === value);
  if (found === undefined) throw new TypeError("it is none of its states");
  return found;
}

function silent(given: unknown): OtherReading {
  let name = NAMELESS;
  try {
    name = componentName((given as Fields | null | undefined)?.name);
  } catch {
    // Not even that.
  }
  return {
    kind: "other",
    state: "unknown",
    name,
    unready: undefined,
    failing: "it does not answer: facts() has failed",
    lastError: undefined,
  };
}
