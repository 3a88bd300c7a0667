import { HEADERS, type Load } from "./client.js";

/** Bytes of one write: enough to make the cost of a system call small, little enough to stay in the cache. */
const WRITE_BYTES = 64 * 1024;

const HEADER_BYTES = Buffer.from(
  `NATS/1.0\r\n${Object.entries(HEADERS)
    .map(([name, value]) => `${name}: ${value}\r\n`)
    .join("")}\r\n`,
);

/** One PUB or HPUB frame. */
export function publishFrame(
  subject: string,
  { payload, headers }: Omit<Load, "subjects">,
  reply = "",
): Buffer {
  const to = reply === "" ? subject : `${subject} ${reply}`;
  const [line, head] = headers
    ? [`HPUB ${to} ${HEADER_BYTES.length} ${HEADER_BYTES.length + payload.length}\r\n`, HEADER_BYTES]
    : [`PUB ${to} ${payload.length}\r\n`, Buffer.alloc(0)];
  return Buffer.concat([Buffer.from(line), head, payload, Buffer.from("\r\n")]);
}

/** Ready-made bytes of as many frames as fit into one write, the subjects in turns; always of all subjects. */
export function readyMade(load: Load): { bytes: Buffer; messages: number } {
  const frames = load.subjects.map((subject) => publishFrame(subject, load));
  const round = Buffer.concat(frames);
  const rounds = Math.max(1, Math.floor(WRITE_BYTES / round.length));
  return {
    bytes: Buffer.concat(Array.from({ length: rounds }, () => round)),
    messages: rounds * frames.length,
  };
}

/** Bytes of the frame in which a server delivers a message. */
export function deliveredSize(
  subject: string,
  sid: number,
  { payload, headers }: Omit<Load, "subjects">,
): number {
  const line = headers
    ? `HMSG ${subject} ${sid} ${HEADER_BYTES.length} ${HEADER_BYTES.length + payload.length}\r\n`
    : `MSG ${subject} ${sid} ${payload.length}\r\n`;
  return line.length + (headers ? HEADER_BYTES.length : 0) + payload.length + 2;
}
