/** What was published, on its way through a server and its cluster. */
export interface Message {
  readonly subject: string;
  readonly reply: string;
  /** The header block as it was written, with its first line and its empty last one. */
  readonly headers: Buffer | undefined;
  readonly payload: Buffer;
  /** Queue groups that have got it already, on any server; made for the first one. */
  served: Set<string> | undefined;
}

/** A message that nobody has got yet. */
export function message(
  subject: string,
  reply: string,
  headers: Buffer | undefined,
  payload: Buffer,
): Message {
  return { subject, reply, headers, payload, served: undefined };
}

const CRLF = Buffer.from("\r\n");

/** The frame that carries a message to the subscription `sid`, with its headers if `withHeaders`. */
export function frameFor(
  sid: string,
  { subject, reply, headers: given, payload }: Message,
  withHeaders: boolean,
): Buffer {
  const headers = withHeaders ? given : undefined;
  const to = reply === "" ? `${subject} ${sid}` : `${subject} ${sid} ${reply}`;
  const head = headers?.length ?? 0;
  const total = head + payload.length;
  const line = headers === undefined ? `MSG ${to} ${total}\r\n` : `HMSG ${to} ${head} ${total}\r\n`;
  const start = Buffer.byteLength(line);
  const frame = Buffer.allocUnsafe(start + total + 2);
  frame.write(line, 0);
  if (headers !== undefined) frame.set(headers, start);
  frame.set(payload, start + head);
  frame.set(CRLF, start + total);
  return frame;
}
