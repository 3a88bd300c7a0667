import { subLine } from "../../wire/lines.js";
import type { ProbePeer } from "./peer.js";
import { late } from "./time.js";

const SID = 1;
const END = Buffer.from("\r\n");

/**
 * Publishes a message to an inbox of the probe, and waits until it has come back.
 *
 * @returns ms that it took
 * @throws CodedError `PERMISSIONS_VIOLATION`, `TIMEOUT`, or why the link has ended
 */
export async function thereAndBack(
  peer: ProbePeer,
  inbox: string,
  size: number,
  now: () => number,
  since: number,
): Promise<number> {
  const sent = now();
  let back: number | undefined;
  peer.refusal = undefined;
  peer.take(SID, ({ payload }) => {
    if (payload.length === size) back ??= now() - sent;
  });
  const head = Buffer.from(`${subLine(SID, inbox, undefined)}PUB ${inbox} ${size}\r\n`);
  peer.send(head, Buffer.alloc(size), END);
  const look = () => {
    if (back === undefined && peer.refusal !== undefined) throw peer.refusal;
    return back;
  };
  return peer.until(look, late(`a message of ${size} bytes did not come back`), since);
}
