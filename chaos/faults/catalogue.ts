import { between, type Random } from "../../demo/random.js";
import { CLIENT } from "./client.js";
import { CLUSTER } from "./cluster.js";
import type { Fault, Wire } from "./fault.js";
import { NETWORK } from "./network.js";
import { PROTOCOL } from "./protocol.js";
import { SERVER } from "./server.js";
import { TLS } from "./tls.js";

/** Every fault, in the order in which they are tried. */
export const FAULTS: readonly Fault[] = [...NETWORK, ...PROTOCOL, ...SERVER, ...CLUSTER, ...CLIENT, ...TLS];

/** What a short run is content with: one for each way in which a link ends, or does not. */
const SHORT: Readonly<Record<Wire, readonly string[]>> = {
  plain: ["reset", "limit-up", "kill", "err-stale", "freeze-short", "stop-client"],
  tls: ["reset", "limit-up", "kill", "freeze-short", "stop-client", "new-certificate"],
};

/** In front of the name of what happens over TLS. */
const OVER_TLS = "tls:";

/** A fault again and again, two at the same time, or several in turn. */
export interface Trouble {
  /** The fault's name, or both with a plus between them; `tls:` in front of it where links have TLS. */
  readonly name: string;
  readonly faults: readonly Fault[];
  readonly wire: Wire;
  /** One after the other on the same server; default: all at the same time. */
  readonly inTurn?: boolean;
}

/** The faults that can happen on such links. */
export function faultsOver(wire: Wire): Fault[] {
  return FAULTS.filter((fault) => canHappen(fault, wire));
}

function canHappen({ over }: Fault, wire: Wire): boolean {
  return over === undefined || over === wire;
}

/** A fault alone. */
export function alone(fault: Fault, wire: Wire = "plain"): Trouble {
  return trouble(fault.name, [fault], wire);
}

/** A few telling ones in turn. */
export function short(wire: Wire = "plain"): Trouble {
  const faults = FAULTS.filter(({ name }) => SHORT[wire].includes(name));
  return { ...trouble("short", faults, wire), inTurn: true };
}

/** The same over TLS; undefined where it needs to read what is said. */
export function overTls({ name, faults, wire }: Trouble): Trouble | undefined {
  if (!faults.every((fault) => canHappen(fault, "tls"))) return undefined;
  return trouble(wire === "tls" ? name.slice(OVER_TLS.length) : name, faults, "tls");
}

function trouble(name: string, faults: readonly Fault[], wire: Wire): Trouble {
  return { name: wire === "tls" ? OVER_TLS + name : name, faults, wire };
}

/** Whether two faults can happen at the same time to the same server. */
export function canPair(one: Fault, other: Fault): boolean {
  if (one === other || one.servers !== other.servers) return false;
  return one.touches === "link" || one.touches !== other.touches;
}

/** Different pairs of faults, drawn by chance; fewer than asked for when there are no more. */
export function drawPairs(random: Random, count: number, wire: Wire = "plain"): Trouble[] {
  const faults = faultsOver(wire);
  const left = faults.flatMap((one, index) =>
    faults.slice(index + 1).flatMap((other) => (canPair(one, other) ? [pair(one, other, wire)] : [])),
  );
  const drawn: Trouble[] = [];
  while (drawn.length < count && left.length > 0) {
    drawn.push(...left.splice(between(random, 0, left.length - 1), 1));
  }
  return drawn;
}

/** The trouble of that name, a pair being two names with a plus between them; undefined when there is none. */
export function findTrouble(name: string): Trouble | undefined {
  const wire = name.startsWith(OVER_TLS) ? "tls" : "plain";
  const known = faultsOver(wire);
  const names = (wire === "tls" ? name.slice(OVER_TLS.length) : name).split("+");
  const faults = names.map((each) => known.find((fault) => fault.name === each));
  const [one, other, third] = faults;
  if (one === undefined || third !== undefined || faults.includes(undefined)) return undefined;
  if (other === undefined) return alone(one, wire);
  return canPair(one, other) ? pair(one, other, wire) : undefined;
}

function pair(one: Fault, other: Fault, wire: Wire): Trouble {
  return trouble(`${one.name}+${other.name}`, [one, other], wire);
}
