import type { Draft } from "./sent.js";

/** Bytes of headers and payload. */
export function sizeOf(draft: Draft): number {
  return draft.bytes + (draft.headers?.length ?? 0);
}

/** Bytes of the whole frame; of a request's reply subject only as far as it is known. */
export function encodedSize(draft: Draft): number {
  const { subject, reply, headers } = draft;
  const size = sizeOf(draft);
  const names = Buffer.byteLength(subject) + (reply === "" ? 0 : 1 + Buffer.byteLength(reply));
  const sizes = headers === undefined ? `PUB  ${size}` : `HPUB  ${headers.length} ${size}`;
  return names + sizes.length + 2 + size + 2;
}
