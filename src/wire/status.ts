const NO_RESPONDERS = "NATS/1.0 503";

/**
 * Whether a message is the server's word that nobody listens on the subject of a request: status 503, no payload (ADR-4).
 * Its headers are `buf[start, body)`, its payload `buf[body, end)`.
 */
export function isNoResponders(buf: Buffer, start: number, body: number, end: number): boolean {
  if (body !== end || body - start < NO_RESPONDERS.length) return false;
  return buf.latin1Slice(start, start + NO_RESPONDERS.length) === NO_RESPONDERS;
}
