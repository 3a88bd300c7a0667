import dns, { type LookupAddress } from "node:dns";
import { connect, isIP, type Socket } from "node:net";
import type { CodedError } from "../../errors.js";
import { socketError } from "../../io/socket.js";
import type { ProbeAddress, ProbeDns, ProbeTcpFailure } from "./report.js";
import { late, type ProbeTime } from "./time.js";

/** Most addresses of a name that are told, and tried. */
const MAX_ADDRESSES = 32;

/**
 * All addresses of a name, from the system's resolver. Not from `systemNames`: where that fails, a connection goes on with what it
 * knew, and a probe is there to tell that it fails. A resolver that does not answer cannot be told to stop: Node waits for it.
 */
export function findAddresses(hostname: string, time: ProbeTime, since: number): Promise<ProbeDns> {
  const literal = isIP(hostname);
  if (literal !== 0) {
    const address = { address: hostname, family: literal as 4 | 6 };
    return Promise.resolve({ hostname, literal: true, addresses: [address] });
  }
  return time.within(
    (done, failed) => {
      dns.lookup(hostname, { all: true }, (error, found: LookupAddress[] | undefined) => {
        // What has taken the place of `dns.lookup` may answer with nothing at all.
        if (error || !found?.length) failed(socketError(error ?? notFound(hostname)));
        else done({ hostname, literal: false, addresses: different(found) });
      });
      return () => {};
    },
    late(`${hostname} could not be looked up`),
    since,
  );
}

function notFound(hostname: string): Error {
  return Object.assign(new Error(`${hostname} has no address`), { code: "ENOTFOUND" });
}

function different(found: readonly LookupAddress[]): ProbeDns["addresses"] {
  const seen = new Map<string, 4 | 6>();
  for (const { address, family } of found) seen.set(address, family === 6 ? 6 : 4);
  return [...seen].slice(0, MAX_ADDRESSES).map(([address, family]) => ({ address, family }));
}

/** Connects to each address at once, and leaves it again; tells of each. Rejects only when the probe is aborted. */
export async function tryEach(
  { addresses }: ProbeDns,
  port: number,
  time: ProbeTime,
  since: number,
): Promise<{ tried: ProbeAddress[]; errors: CodedError[] }> {
  const errors: CodedError[] = [];
  const tried = await Promise.all(
    addresses.map(async (entry): Promise<ProbeAddress> => {
      try {
        await reach(entry.address, port, time, since);
        return { ...entry, ok: true, ms: time.clock.now() - since };
      } catch (error) {
        const failed = error as CodedError;
        errors.push(failed);
        return { ...entry, ok: false, ms: time.clock.now() - since, ...tcpFailure(failed) };
      }
    }),
  );
  return { tried, errors };
}

function reach(address: string, port: number, time: ProbeTime, since: number): Promise<void> {
  return time.within<void>(
    (done, failed) => {
      const socket: Socket = connect({ host: address, port });
      socket.on("error", (error) => failed(socketError(error)));
      socket.once("connect", () => done());
      return () => socket.destroy();
    },
    late(`${address} could not be reached`),
    since,
  );
}

const UNREACHABLE = /^(?:EHOSTUNREACH|ENETUNREACH|ENETDOWN|EHOSTDOWN|EADDRNOTAVAIL|EAFNOSUPPORT|EINVAL)$/;

/** Why there is no connection, in the words of the report. */
export function tcpFailure(error: CodedError): { why: ProbeTcpFailure; code?: string } {
  if (error.code === "TIMEOUT") return { why: "timeout" };
  const { code } = (error.detail.cause ?? {}) as NodeJS.ErrnoException;
  if (typeof code !== "string") return { why: "other" };
  if (code === "ECONNREFUSED") return { why: "refused", code };
  if (code === "ETIMEDOUT") return { why: "timeout", code };
  return { why: UNREACHABLE.test(code) ? "unreachable" : "other", code };
}
