import { CodedError, describeCause } from "../../errors.js";
import type { ConnectionOptions } from "../options.js";
import { type Settings, toSettings } from "../settings.js";

const CONTEXT = { lastError: () => undefined, info: () => undefined, report: () => {} };

/** An option that `connect()` refuses. */
export interface Refused {
  /** Its name; `""` stands for all of them. */
  readonly option: string;
  /** What `connect()` says. */
  readonly message: string;
}

/** What is left of options without those that `connect()` refuses. */
export interface Accepted {
  /** Undefined when they cannot be read at all. */
  readonly settings: Settings | undefined;
  readonly refused: readonly Refused[];
}

/** Finds the options that `connect()` would refuse, one after the other, and leaves them out. Never throws. */
export function accept(given: object): Accepted {
  const refused: Refused[] = [];
  const out = new Set<string>();
  for (;;) {
    try {
      const settings = toSettings(out.size === 0 ? given : without(given, out), Math.random, CONTEXT);
      return { settings, refused };
    } catch (error) {
      const message = describeCause(error);
      const option = error instanceof CodedError ? (error.detail.option ?? "") : "";
      const [outer] = option.split(/[.[]/);
      refused.push({ option, message });
      if (outer === "" || out.has(outer)) return { settings: undefined, refused };
      out.add(outer);
    }
  }
}

function without(given: object, out: ReadonlySet<string>): ConnectionOptions {
  const left: Record<string, unknown> = {};
  for (const name in given) if (!out.has(name)) left[name] = (given as Record<string, unknown>)[name];
  return left;
}
