const NO_RESPONDERS = "NATS/1.0 503";
const LEADER_GONE = ["NATS/1.0 409 Leadership Change", "NATS/1.0 409 Server Shutdown"];

/**
 * Whether a message is the server's word that nobody listens on the subject of a request: status 503, no payload (ADR-4).
 * Its headers are `buf[start, body)`, its payload `buf[body, end)`.
 */
export function isNoResponders(buf: Buffer, start: number, body: number, end: number): boolean {
  return isStatus(NO_RESPONDERS, buf, start, body, end);
}

/**
 * Whether a message is the server's word that a pull ends because the consumer has another leader now, or will have one: status
 * 409 with one of two texts (ADR-13; the texts are nats-server's). The places are those of {@link isNoResponders}.
 */
export function isLeaderGone(buf: Buffer, start: number, body: number, end: number): boolean {
  return body === end && LEADER_GONE.some((line) => isStatus(line, buf, start, body, end));
}

function isStatus(line: string, buf: Buffer, start: number, body: number, end: number): boolean {
  if (body !== end || body - start < line.length) return false;
  return buf.latin1Slice(start, start + line.length) === line;
}
