/** Bytes of one write: enough to make the cost of a system call small, little enough to stay in the cache. */
const WRITE_BYTES = 64 * 1024;

/** Ready-made bytes of as many PUB frames as fit into one write. */
export function readyMade(subject: string, payload: Uint8Array): { bytes: Buffer; messages: number } {
  const frame = Buffer.concat([
    Buffer.from(`PUB ${subject} ${payload.length}\r\n`),
    payload,
    Buffer.from("\r\n"),
  ]);
  const messages = Math.max(1, Math.floor(WRITE_BYTES / frame.length));
  return { bytes: Buffer.concat(Array.from({ length: messages }, () => frame)), messages };
}

/** Bytes of the frame in which a server delivers it. */
export function deliveredSize(subject: string, sid: number, size: number): number {
  return `MSG ${subject} ${sid} ${size}\r\n`.length + size + 2;
}
