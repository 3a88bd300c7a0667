import { type Address, parseAddress, type Scheme } from "../core/address.js";
import type { PoolServer } from "../core/pool.js";
import { NOT_PREFERRED, type Preference } from "../core/preference.js";
import { CodedError, describeCause } from "../errors.js";
import { publicError } from "../interop/errors.js";
import { copyInfo, describeServer } from "./facts.js";
import { dismissPromise } from "./handled.js";
import { optionError } from "./option-error.js";
import type { PreferredServer } from "./options.js";

const NAME = "preferredServers";
/** Most servers in the list: gossip brings no more either. */
const MOST = 256;
/** Longest entry, characters. */
const LONGEST = 512;

/** What the type of option `preferredServers` must be. */
export function checkPreferred(value: unknown): string | undefined {
  if (typeof value === "function") return undefined;
  if (!Array.isArray(value) || !value.every((entry) => typeof entry === "string"))
    return "must be an array of strings or a function";
  if (value.length === 0) return "must name at least one server";
  if (value.length > MOST) return `must name at most ${MOST} servers`;
  return undefined;
}

/**
 * Makes of option `preferredServers` how servers are ranked.
 *
 * @param scheme that of the servers of the connection, which those without one have too
 * @param report is told of functions that throw or answer nonsense, and of servers that there are not
 * @throws CodedError `INVALID_OPTION` when an entry is neither an address nor a name
 */
export function toPreference(
  given: readonly string[] | PreferredServer | undefined,
  scheme: Scheme,
  report: (error: Error) => void,
): Preference | undefined {
  if (given === undefined) return undefined;
  return typeof given === "function" ? new Asked(given, report) : new Listed(given, scheme, report);
}

/** One entry of the list. */
interface Entry {
  readonly text: string;
  /** Where it may be; undefined when it can only be a name. */
  readonly address: Address | undefined;
  /** It may be a name: it says neither scheme nor port. */
  readonly named: boolean;
}

/** Servers in the order of a list. */
class Listed implements Preference {
  private readonly entries: readonly Entry[];
  private readonly report: (error: Error) => void;
  /** Entries of which it was told that there is no such server, or of which there has been one. */
  private readonly settled = new Set<Entry>();
  readonly needsInfo: boolean;

  constructor(list: readonly string[], scheme: Scheme, report: (error: Error) => void) {
    this.entries = list.map((text) => toEntry(text.trim(), scheme));
    this.needsInfo = this.entries.some(({ named }) => named);
    this.report = report;
  }

  rank(server: PoolServer): number {
    const at = this.entries.findIndex((entry) => isMeant(entry, server));
    return at === -1 ? NOT_PREFERRED : at;
  }

  outage(): void {
    // There is nothing that could go wrong.
  }

  /** Whether nobody has a name is known only when everybody has told his. */
  reached(servers: readonly PoolServer[]): void {
    const allTold = servers.every(({ info }) => info !== undefined);
    for (const entry of this.entries) {
      if (this.settled.has(entry)) continue;
      const found = servers.some((server) => isMeant(entry, server));
      if (!found && entry.named && !allTold) continue;
      this.settled.add(entry);
      if (found) continue;
      const name = JSON.stringify(entry.named ? entry.text : entry.address!.listen);
      const why = `names ${name}, which is no server that is known; it is preferred as soon as there is one`;
      this.report(publicError(optionError(NAME, why)));
    }
  }
}

function isMeant({ address, named, text }: Entry, server: PoolServer): boolean {
  return address?.listen === server.address.listen || (named && text === server.info?.server_name);
}

function toEntry(text: string, scheme: Scheme): Entry {
  // Without a scheme, a port and what only addresses have it may be a name.
  const named = /^[^\s:@/[\]]+$/.test(text) && text.length <= LONGEST;
  if (text.length > LONGEST) throw optionError(NAME, `has an entry of more than ${LONGEST} characters`);
  try {
    return { text, named, address: parseAddress(text, scheme) };
  } catch (error) {
    if (named) return { text, named, address: undefined };
    // The parser speaks of option "servers"; what it shows of the text is free of credentials.
    const why = describeCause(error).replace(/^option "servers": /, "");
    throw optionError(NAME, `has what is neither an address nor a name: ${why}`);
  }
}

/** Servers as a function of the application says. */
class Asked implements Preference {
  readonly needsInfo = true;
  private readonly isPreferred: PreferredServer;
  private readonly report: (error: Error) => void;
  private asking = false;
  /** In this outage it was told that answers cannot be used. */
  private told = false;

  constructor(isPreferred: PreferredServer, report: (error: Error) => void) {
    this.isPreferred = isPreferred;
    this.report = report;
  }

  rank(server: PoolServer): number {
    // Who calls nc.reconnect() from within is not asked in circles.
    if (this.asking) return NOT_PREFERRED;
    this.asking = true;
    let why: string;
    try {
      const { info } = server;
      const told = info === undefined ? undefined : copyInfo(info);
      const answer: unknown = this.isPreferred(describeServer(server), told);
      if (typeof answer === "boolean") return answer ? 0 : NOT_PREFERRED;
      why = dismissPromise(answer)
        ? "returned a promise: it must be synchronous"
        : `returned ${answer === null ? "null" : typeof answer}: it must return true or false`;
    } catch (cause) {
      why = `has thrown: ${describeCause(cause)}`;
    } finally {
      this.asking = false;
    }
    this.tell(why);
    return NOT_PREFERRED;
  }

  outage(): void {
    this.told = false;
  }

  reached(): void {
    // It has preferred what it has.
  }

  private tell(why: string): void {
    if (this.told) return;
    this.told = true;
    const text = `option "${NAME}" ${why}; the server counts as not preferred`;
    this.report(publicError(new CodedError("CALLBACK_FAILED", text, { option: NAME })));
  }
}
