import { splitServers } from "../server-list.js";

/** What a variable may say, and how its text becomes the value of an option. */
export interface Kind<T = unknown> {
  /** For tables: what stands in the variable. */
  readonly name: string;
  /** Behind "environment variable X": what is allowed. */
  readonly allowed: string;
  /** The value; undefined when the text is not allowed. Ranges are the option's own matter. */
  parse(text: string): T | undefined;
}

const WORDS: ReadonlyMap<string, boolean> = new Map([
  ...["true", "yes", "on", "1"].map((word) => [word, true] as const),
  ...["false", "no", "off", "0"].map((word) => [word, false] as const),
]);

const DURATION = /^([+-]?\d{1,15}(?:\.\d{1,6})?) ?(ms|s|m|h)?$/i;
const MS: Readonly<Record<string, number>> = { ms: 1, s: 1000, m: 60_000, h: 3_600_000 };

const SIZE = /^([+-]?\d{1,15}(?:\.\d{1,6})?) ?(B|KB|MB|GB|KiB|MiB|GiB)?$/i;
const BYTES: Readonly<Record<string, number>> = {
  b: 1,
  kb: 1000,
  mb: 1000 ** 2,
  gb: 1000 ** 3,
  kib: 1024,
  mib: 1024 ** 2,
  gib: 1024 ** 3,
};

/** Any text. */
export const text: Kind<string> = { name: "text", allowed: "must be text", parse: (given) => given };

/** Path of a file. */
export const path: Kind<string> = {
  name: "path",
  allowed: "must be the path of a file",
  parse: (given) => given,
};

/** Entries between commas; white space around them, and empty ones, do not count. */
export const list: Kind<string[]> = {
  name: "list",
  allowed: "must be a list with commas",
  parse: (given) =>
    given
      .split(",")
      .map((entry) => entry.trim())
      .filter((entry) => entry !== ""),
};

/**
 * Servers, as the client takes them, unless it cannot be told whether a comma stands between two of them or in a password, whose pieces would
 * become servers, and be seen in logs.
 */
export const servers: Kind<string> = {
  name: "text",
  allowed:
    "must have commas in passwords as %2C (and @ as %40), and a scheme such as nats:// before credentials that follow a server without, or with another user",
  parse: (given) => (splitServers(given) === undefined ? undefined : given),
};

export const flag: Kind<boolean> = {
  name: "true or false",
  allowed: "must be true or false (or yes, no, on, off, 1, 0)",
  parse: (given) => WORDS.get(given.trim().toLowerCase()),
};

/** ms, or a number with a unit. */
export const duration: Kind<number> = {
  name: "duration",
  allowed: "must be a duration: milliseconds, or with a unit such as 500ms, 2s, 1m, 1h",
  parse: (given) => scaled(DURATION, MS, given),
};

/** Bytes, or a number with a unit; whole bytes. */
export const size: Kind<number> = {
  name: "size",
  allowed: "must be a size: bytes, or with a unit such as 512KiB, 8MiB, 10MB",
  parse(given) {
    const bytes = scaled(SIZE, BYTES, given);
    return bytes === undefined ? undefined : Math.round(bytes);
  },
};

export const count: Kind<number> = {
  name: "number",
  allowed: "must be a whole number",
  parse: (given) => (/^[+-]?\d{1,15}$/.test(given.trim()) ? Number(given) : undefined),
};

export const factor: Kind<number> = {
  name: "number",
  allowed: "must be a number such as 2 or 0.5",
  parse: (given) => (/^\d{1,15}(?:\.\d{1,15})?$/.test(given.trim()) ? Number(given) : undefined),
};

/** `kind`, or no limit. */
export function unlimitedOr(kind: Kind<number>): Kind<number> {
  return {
    name: `${kind.name}, or unlimited`,
    allowed: `${kind.allowed}, or "unlimited"`,
    parse(given) {
      if (/^(?:unlimited|-1)$/i.test(given.trim())) return Number.POSITIVE_INFINITY;
      return kind.parse(given);
    },
  };
}

/** true, false or `kind`: where a number is expected, 1 and 0 are numbers. */
export function flagOr(kind: Kind<number>): Kind<number | boolean> {
  return {
    name: `true, false, or ${kind.name}`,
    allowed: `${kind.allowed}, or true or false`,
    parse: (given) => kind.parse(given) ?? flag.parse(given),
  };
}

/** One of these words. */
export function choice(...words: readonly string[]): Kind<string> {
  const names = words.map((word) => `"${word}"`);
  return {
    name: words.join(", "),
    allowed: `must be ${names.slice(0, -1).join(", ")} or ${names.at(-1)}`,
    parse: (given) => words.find((word) => word.toLowerCase() === given.trim().toLowerCase()),
  };
}

/** One of these words, or `kind`. */
export function choiceOr(kind: Kind<number>, ...words: readonly string[]): Kind<string | number> {
  const one = choice(...words);
  return {
    name: `${one.name}, or ${kind.name}`,
    allowed: `${one.allowed}, or ${kind.allowed.replace(/^must be /, "")}`,
    parse: (given) => one.parse(given) ?? kind.parse(given),
  };
}

/** Headers as OpenTelemetry's `OTEL_EXPORTER_OTLP_HEADERS` has them: `name=value`, with commas between, values percent-encoded where needed. */
export const headers: Kind<Record<string, string>> = {
  name: "name=value, with commas",
  allowed: "must be name=value, with commas between, commas in values as %2C",
  parse(given) {
    const found: [string, string][] = [];
    for (const entry of list.parse(given)!) {
      const at = entry.indexOf("=");
      if (at < 1) return undefined;
      try {
        found.push([entry.slice(0, at).trim(), decodeURIComponent(entry.slice(at + 1).trim())]);
      } catch {
        return undefined;
      }
    }
    return Object.fromEntries(found);
  },
};

function scaled(form: RegExp, units: Readonly<Record<string, number>>, given: string): number | undefined {
  const parts = form.exec(given.trim());
  if (parts === null) return undefined;
  return Number(parts[1]) * (parts[2] === undefined ? 1 : units[parts[2].toLowerCase()]);
}
