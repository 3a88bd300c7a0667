import { CodedError } from "../errors.js";
import type { Payload } from "../interop/nats-core.js";

const EMPTY = new Uint8Array(0);

/**
 * The payload as it is to be encoded.
 *
 * @throws CodedError `INVALID_PAYLOAD`
 */
export function checkPayload(payload: Payload | undefined): Payload {
  if (payload === undefined) return EMPTY;
  if (typeof payload === "string" || payload instanceof Uint8Array) return payload;
  const found = payload === null ? "null" : typeof payload;
  throw new CodedError("INVALID_PAYLOAD", `a payload is a string or a Uint8Array, not ${found}`);
}
