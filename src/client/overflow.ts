import {
  namedOverflow,
  type Overflow,
  type OverflowDecision,
  type OverflowMessage,
  POLICIES,
} from "../core/overflow.js";
import { CodedError, describeCause } from "../errors.js";
import { publicError } from "../interop/errors.js";
import { dismissPromise } from "./handled.js";
import type { ConnectionOptions } from "./options.js";

const DECISIONS: ReadonlySet<unknown> = new Set<OverflowDecision>([...POLICIES, "taken", "pass"]);

/** All texts that option `overflow` takes. */
const NAMES: readonly unknown[] = [...POLICIES, "outbox"];

/** What is wrong with option `overflow`, if anything is. */
export function checkOverflow(value: unknown): string | undefined {
  if (NAMES.includes(value) || isOverflow(value)) return undefined;
  return `must be ${NAMES.map((name) => `"${name}"`).join(", ")}, or an object with name and offer()`;
}

function isOverflow(value: unknown): value is Overflow {
  if (typeof value !== "object" || value === null) return false;
  const { name, offer, keep } = value as Partial<Record<keyof Overflow, unknown>>;
  return (
    typeof name === "string" &&
    typeof offer === "function" &&
    (keep === undefined || typeof keep === "function")
  );
}

const OUTBOX_METHODS = ["attach", "detach", "store"] as const;

/** What is wrong with option `outbox`, if anything is. */
export function checkOutbox(value: unknown): string | undefined {
  const given = value as Record<string, unknown> | null;
  const isOne = isOverflow(value) && OUTBOX_METHODS.every((method) => typeof given?.[method] === "function");
  if (isOne) return undefined;
  return typeof (given as { then?: unknown } | null)?.then === "function"
    ? "must be an outbox: await openOutbox()"
    : "must be an outbox that openOutbox() of holdfast/outbox has made";
}

/** The overflow that the options name, as the engine asks it. */
export function overflowOf(
  { overflow = "reject", outbox }: Pick<ConnectionOptions, "overflow" | "outbox">,
  report: (error: Error) => void,
): Overflow {
  if (outbox !== undefined) return new GuardedOutbox(outbox, "outbox", report);
  // Without an outbox it has been refused.
  return toOverflow(overflow === "outbox" ? "reject" : overflow, report);
}

/**
 * The overflow as the engine asks it. One of the user's that throws, or answers nonsense, is reported, and the message
 * is rejected.
 */
export function toOverflow(
  given: Overflow | (typeof POLICIES)[number],
  report: (error: Error) => void,
): Overflow {
  if (typeof given === "string") return namedOverflow(given);
  return new GuardedOverflow(given, "overflow", report);
}

abstract class Guarded implements Overflow {
  readonly name: string;
  readonly keep: Overflow["keep"];
  protected readonly overflow: Overflow;
  private readonly option: string;
  private readonly report: (error: Error) => void;
  /** Told once: they may fail for each of a million messages. */
  private keepHasFailed = false;
  private refusalHasFailed = false;
  /** The overflow itself has answered `"reject"` to the last message. */
  protected hasRejected = false;

  constructor(overflow: Overflow, option: "overflow" | "outbox", report: (error: Error) => void) {
    this.name = overflow.name;
    this.overflow = overflow;
    this.option = option;
    this.report = report;
    // What keeps nothing is not asked either.
    this.keep =
      overflow.keep === undefined
        ? undefined
        : (message, maybeDelivered) => this.keeps(message, maybeDelivered);
  }

  offer(message: OverflowMessage): OverflowDecision {
    try {
      this.hasRejected = false;
      const decision = this.overflow.offer(message);
      this.hasRejected = decision === "reject";
      if (DECISIONS.has(decision)) return decision;
      dismissPromise(decision);
      this.fail(`has answered ${describeCause(decision)}; the message is rejected`, undefined);
    } catch (cause) {
      this.fail(`has thrown: ${describeCause(cause)}; the message is rejected`, cause);
    }
    return "reject";
  }

  refusal(): Error | undefined {
    if (!this.hasRejected || typeof this.overflow.refusal !== "function") return undefined;
    let why: string;
    try {
      const told: unknown = this.overflow.refusal();
      if (told === undefined || told instanceof Error) return told;
      dismissPromise(told);
      why = `has answered ${describeCause(told)}`;
    } catch (cause) {
      why = `has thrown: ${describeCause(cause)}`;
    }
    if (!this.refusalHasFailed) this.fail(`${why} when asked why it rejects`, undefined);
    this.refusalHasFailed = true;
    return undefined;
  }

  private keeps(message: OverflowMessage, maybeDelivered: boolean): boolean {
    try {
      const answer: unknown = this.overflow.keep?.(message, maybeDelivered);
      if (typeof answer === "boolean") return answer;
      dismissPromise(answer);
      this.keepFailed(`has answered ${describeCause(answer)}`, undefined);
    } catch (cause) {
      this.keepFailed(`has thrown: ${describeCause(cause)}`, cause);
    }
    return false;
  }

  private keepFailed(what: string, cause: unknown): void {
    if (this.keepHasFailed) return;
    this.keepHasFailed = true;
    this.fail(`${what} when asked to keep a message, which ends with the connection`, cause);
  }

  protected fail(what: string, cause: unknown): void {
    const { option } = this;
    const text = `option "${option}" (${this.name}) ${what}`;
    this.report(publicError(new CodedError("CALLBACK_FAILED", text, { option, cause })));
  }
}

class GuardedOverflow extends Guarded {
  get engaged(): boolean {
    try {
      return this.overflow.engaged === true;
    } catch (cause) {
      this.fail(
        `has thrown when asked whether it is engaged: ${describeCause(cause)}; it counts as not engaged`,
        cause,
      );
      return false;
    }
  }
}

/** Asked for every message that is published: what an outbox has as `engaged` is read as it is. */
class GuardedOutbox extends Guarded {
  get engaged(): boolean {
    return this.overflow.engaged === true;
  }

  /** What it publishes itself is in it already: taken once more it would be sent twice. */
  override offer(message: OverflowMessage): OverflowDecision {
    if (message.own !== true) return super.offer(message);
    this.hasRejected = false;
    return "reject";
  }
}
