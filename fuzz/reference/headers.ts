/** A header block, read slowly: the status behind the version, and each line of a header in its order. */
export function readHeaders(block: string): { status: string; values: [name: string, value: string][] } {
  const [version, ...lines] = block.split("\r\n");
  if (!version.startsWith("NATS/1.0")) throw new Error(`no version: ${JSON.stringify(version)}`);
  if (lines.length < 2 || lines.at(-1) !== "" || lines.at(-2) !== "")
    throw new Error("it does not end with an empty line");
  const values = lines.slice(0, -2).map((line): [string, string] => {
    const colon = line.indexOf(":");
    if (colon < 1) throw new Error(`no header: ${JSON.stringify(line)}`);
    return [line.slice(0, colon), line.slice(colon + 1).trim()];
  });
  return { status: version.slice("NATS/1.0".length).trim(), values };
}
