const NAME = Buffer.from("\r\nNats-Msg-Id:");
const SPACE = 0x20;
const CR = 0x0d;
const LF = 0x0a;

/**
 * The message id in encoded headers, as a server reads it: names are case-sensitive, of several lines the first counts, blanks around the value do not. Undefined when
 * there is none, or an empty one: the stream would store such a message as often as it comes.
 */
export function messageIdIn(headers: Uint8Array | undefined): string | undefined {
  if (headers === undefined) return undefined;
  const bytes = Buffer.from(headers.buffer, headers.byteOffset, headers.length);
  const at = bytes.indexOf(NAME);
  if (at < 0) return undefined;
  let from = at + NAME.length;
  while (bytes[from] === SPACE) from++;
  let to = from;
  while (to < bytes.length && !(bytes[to] === CR && bytes[to + 1] === LF)) to++;
  const id = bytes.toString("utf8", from, to).trim();
  return id === "" ? undefined : id;
}
