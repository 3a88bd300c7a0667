import dns, { type LookupAddress } from "node:dns";
import type { Stage } from "./stage.js";

type Answer = (error: NodeJS.ErrnoException | null, addresses?: LookupAddress[]) => void;

/** What a name resolves to: an IPv4 address; undefined: there is no such name; `never`: the resolver does not answer. */
type Resolved = string | undefined;

/** Names of scenarios, and what they resolve to. */
const names = new Map<string, Resolved>();
const system = dns.lookup;

/** Answers for the names of scenarios, and asks the system's resolver for all others. */
function lookup(name: string, options: dns.LookupAllOptions, answer: Answer): void {
  if (!names.has(name)) return system(name, options, answer);
  const address = names.get(name);
  if (address === "never") return;
  const unknown = Object.assign(new Error(`getaddrinfo ENOTFOUND ${name}`), { code: "ENOTFOUND" });
  if (address === undefined) setImmediate(answer, unknown);
  else setImmediate(answer, null, [{ address, family: 4 }]);
}

/** Has a name that no other scenario uses resolve to something, in this process, until the stage is gone. */
export function resolves(stage: Stage, name: string, to: Resolved): { become(other: Resolved): void } {
  names.set(name, to);
  dns.lookup = lookup as unknown as typeof dns.lookup;
  stage.defer(() => {
    names.delete(name);
    if (names.size === 0) dns.lookup = system;
  });
  return { become: (other) => void names.set(name, other) };
}
