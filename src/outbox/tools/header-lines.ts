/** Names and values of encoded headers (`NATS/1.0`, a line for each), in their order. Whatever the bytes are, nothing is thrown: a line that is none is left out. */
export function headerLines(encoded: Uint8Array | undefined): [name: string, value: string][] {
  if (encoded === undefined) return [];
  const [, ...lines] = Buffer.from(encoded.buffer, encoded.byteOffset, encoded.length)
    .toString()
    .split("\r\n");
  return lines.flatMap((line) => {
    const colon = line.indexOf(":");
    return colon < 1 ? [] : [[line.slice(0, colon), line.slice(colon + 1).trim()] as [string, string]];
  });
}
