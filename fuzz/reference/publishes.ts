/** What a client has published, read slowly: `[subject, reply, headers, payload]` of each frame, bytes as latin1. */
export function readPublishes(text: string): { frames: string[][]; longestLine: number } {
  const frames: string[][] = [];
  let longestLine = 0;
  let rest = text;
  while (rest !== "") {
    const eol = rest.indexOf("\r\n");
    const line = rest.slice(0, eol);
    longestLine = Math.max(longestLine, eol + 2);
    const withHeaders = line.startsWith("HPUB ");
    if (!withHeaders && !line.startsWith("PUB "))
      throw new Error(`neither PUB nor HPUB: ${JSON.stringify(line)}`);
    const words = line.split(" ").slice(1);
    const sizes = words.splice(withHeaders ? -2 : -1).map(Number);
    if (words.length < 1 || words.length > 2 || !sizes.every(Number.isSafeInteger))
      throw new Error(`no line of a publish: ${JSON.stringify(line)}`);
    const end = eol + 2 + sizes.at(-1)!;
    const content = rest.slice(eol + 2, end);
    if (rest.slice(end, end + 2) !== "\r\n")
      throw new Error(`no line end behind the payload of ${JSON.stringify(line)}`);
    const headers = withHeaders ? sizes[0] : 0;
    frames.push([words[0], words[1] ?? "", content.slice(0, headers), content.slice(headers)]);
    rest = rest.slice(end + 2);
  }
  return { frames, longestLine };
}
