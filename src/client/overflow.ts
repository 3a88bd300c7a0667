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

const DECISIONS: ReadonlySet<unknown> = new Set<OverflowDecision>([...POLICIES, "taken"]);

/** What is wrong with option `overflow`, if anything is. */
export function checkOverflow(value: unknown): string | undefined {
  const isNamed = (POLICIES as readonly unknown[]).includes(value);
  const isOverflow =
    typeof value === "object" &&
    value !== null &&
    typeof (value as Overflow).name === "string" &&
    typeof (value as Overflow).offer === "function";
  if (isNamed || isOverflow) return undefined;
  return `must be ${POLICIES.map((name) => `"${name}"`).join(", ")}, or an object with name and offer()`;
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
  return new GuardedOverflow(given, report);
}

class GuardedOverflow implements Overflow {
  readonly name: string;
  private readonly overflow: Overflow;
  private readonly report: (error: Error) => void;

  constructor(overflow: Overflow, report: (error: Error) => void) {
    this.name = overflow.name;
    this.overflow = overflow;
    this.report = report;
  }

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

  offer(message: OverflowMessage): OverflowDecision {
    try {
      const decision = this.overflow.offer(message);
      if (DECISIONS.has(decision)) return decision;
      dismissPromise(decision);
      this.fail(`has answered ${describeCause(decision)}; the message is rejected`, undefined);
    } catch (cause) {
      this.fail(`has thrown: ${describeCause(cause)}; the message is rejected`, cause);
    }
    return "reject";
  }

  private fail(what: string, cause: unknown): void {
    const text = `option "overflow" (${this.name}) ${what}`;
    this.report(publicError(new CodedError("CALLBACK_FAILED", text, { option: "overflow", cause })));
  }
}
