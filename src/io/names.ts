import dns, { type LookupAddress } from "node:dns";
import { type Clock, systemClock } from "./clock.js";

/** ms that a resolver may take when it has answered before: then what it has said last is taken. */
const PATIENCE = 500;
/** ms after which a lookup is not waited for by anyone new: what has taken the place of `dns.lookup` may forget to answer. */
const FORGOTTEN = 10_000;
/** Names whose last answer is remembered, in the whole process. */
const MAX_KNOWN = 256;

/** What a name is looked up with. */
export interface NameQuery {
  /** 0, 4 or 6. */
  readonly family: number;
  /** See `dns.lookup()`. */
  readonly hints: number;
}

/** Takes an answer: an error, or at least one address. */
export type NameAnswer = (error: NodeJS.ErrnoException | null, addresses: readonly LookupAddress[]) => void;

interface Lookup {
  /** Monotonic ms. */
  readonly since: number;
  readonly waiting: Set<NameAnswer>;
}

/**
 * The addresses of names, from the system's resolver, which is asked every time: an answer that has changed counts at once.
 *
 * - One lookup per name at a time: a thousand connections that come back together ask once. (Lookups occupy the few threads of
 *   Node's pool.)
 * - The last good answer stands in for a resolver that fails (`EAI_AGAIN`, `EAI_FAIL`, ...) or takes longer than 500 ms. That
 *   there is no such name (`ENOTFOUND`) is an answer, too: it is given, and what was known is forgotten.
 */
export class Names {
  private readonly clock: Clock;
  private readonly lookups = new Map<string, Lookup>();
  /** Last good answers, the latest last. */
  private readonly known = new Map<string, readonly LookupAddress[]>();

  constructor(clock: Clock = systemClock) {
    this.clock = clock;
  }

  /** Calls back once. */
  find(hostname: string, query: NameQuery, done: NameAnswer): void {
    const { clock } = this;
    const key = `${query.family} ${query.hints} ${hostname}`;
    const running = this.lookups.get(key);
    const joins = running !== undefined && clock.now() - running.since < FORGOTTEN;
    const lookup = joins ? running : { since: clock.now(), waiting: new Set<NameAnswer>() };
    const known = this.known.get(key);
    const tooSlow = () => {
      lookup.waiting.delete(answer);
      done(null, known!);
    };
    const timer = known === undefined ? undefined : clock.setTimeout(tooSlow, PATIENCE);
    const answer: NameAnswer = (error, addresses) => {
      clock.clearTimeout(timer);
      done(error, addresses);
    };
    lookup.waiting.add(answer);
    if (!joins) this.ask(key, hostname, query, lookup);
  }

  private ask(key: string, hostname: string, query: NameQuery, lookup: Lookup): void {
    this.lookups.set(key, lookup);
    const ended = (error: NodeJS.ErrnoException | null, found: readonly LookupAddress[] | undefined) => {
      if (this.lookups.get(key) === lookup) this.lookups.delete(key);
      const said = this.judge(key, hostname, error, found);
      const answers = [...lookup.waiting];
      lookup.waiting.clear();
      for (const answer of answers) answer(...said);
    };
    try {
      dns.lookup(hostname, { ...query, all: true }, ended);
    } catch (error) {
      ended(error as Error, undefined);
    }
  }

  /** What is to be said, of what the resolver has said. */
  private judge(
    key: string,
    hostname: string,
    error: NodeJS.ErrnoException | null,
    found: readonly LookupAddress[] | undefined,
  ): Parameters<NameAnswer> {
    const known = this.known.get(key);
    this.known.delete(key);
    if (!error && found !== undefined && found.length > 0) {
      this.remember(key, found);
      return [null, found];
    }
    // What has taken the place of `dns.lookup` may answer with nothing at all.
    const failure = error || notFound(hostname);
    if (known === undefined || failure.code === "ENOTFOUND") return [failure, []];
    this.remember(key, known);
    return [null, known];
  }

  private remember(key: string, addresses: readonly LookupAddress[]): void {
    this.known.set(key, addresses);
    if (this.known.size <= MAX_KNOWN) return;
    for (const oldest of this.known.keys()) {
      this.known.delete(oldest);
      return;
    }
  }
}

function notFound(hostname: string): NodeJS.ErrnoException {
  return Object.assign(new Error(`getaddrinfo ENOTFOUND ${hostname}`), {
    code: "ENOTFOUND",
    syscall: "getaddrinfo",
    hostname,
  });
}

/** The names of the process. */
export const systemNames = new Names();
