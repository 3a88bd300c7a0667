import { between, type Random } from "../../demo/random.js";
import { CLIENT } from "./client.js";
import { CLUSTER } from "./cluster.js";
import type { Fault } from "./fault.js";
import { NETWORK } from "./network.js";
import { PROTOCOL } from "./protocol.js";
import { SERVER } from "./server.js";

/** Every fault, in the order in which they are tried. */
export const FAULTS: readonly Fault[] = [...NETWORK, ...PROTOCOL, ...SERVER, ...CLUSTER, ...CLIENT];

/** What a short run is content with: one for each way in which a link ends, or does not. */
const SHORT: readonly string[] = ["reset", "limit-up", "kill", "err-stale", "freeze-short", "stop-client"];

/** A fault again and again, two at the same time, or several in turn. */
export interface Trouble {
  /** The fault's name, or both with a plus between them. */
  readonly name: string;
  readonly faults: readonly Fault[];
  /** One after the other on the same server; default: all at the same time. */
  readonly inTurn?: boolean;
}

/** A fault alone. */
export function alone(fault: Fault): Trouble {
  return { name: fault.name, faults: [fault] };
}

/** A few telling ones in turn. */
export function short(): Trouble {
  const faults = FAULTS.filter(({ name }) => SHORT.includes(name));
  return { name: "short", faults, inTurn: true };
}

/** Whether two faults can happen at the same time to the same server. */
export function canPair(one: Fault, other: Fault): boolean {
  if (one === other || one.servers !== other.servers) return false;
  return one.touches === "link" || one.touches !== other.touches;
}

/** Different pairs of faults, drawn by chance; fewer than asked for when there are no more. */
export function drawPairs(random: Random, count: number): Trouble[] {
  const left = FAULTS.flatMap((one, index) =>
    FAULTS.slice(index + 1).flatMap((other) => (canPair(one, other) ? [pair(one, other)] : [])),
  );
  const drawn: Trouble[] = [];
  while (drawn.length < count && left.length > 0) {
    drawn.push(...left.splice(between(random, 0, left.length - 1), 1));
  }
  return drawn;
}

/** The trouble of that name, a pair being two names with a plus between them; undefined when there is none. */
export function findTrouble(name: string): Trouble | undefined {
  const faults = name.split("+").map((each) => FAULTS.find((fault) => fault.name === each));
  const [one, other, third] = faults;
  if (one === undefined || third !== undefined || faults.includes(undefined)) return undefined;
  if (other === undefined) return alone(one);
  return canPair(one, other) ? pair(one, other) : undefined;
}

function pair(one: Fault, other: Fault): Trouble {
  return { name: `${one.name}+${other.name}`, faults: [one, other] };
}
