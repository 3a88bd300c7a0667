import type { RawLink } from "../clients/raw-link.js";

const CR = 13;

/** Answers every request to a subject with as many bytes as it has; resolves when the server knows of it. */
export async function answer(link: RawLink, subject: string): Promise<void> {
  const { socket } = link;
  socket.write(`SUB ${subject} 1\r\n`);
  await link.confirmed();
  let rest: Buffer = Buffer.alloc(0);
  socket.on("data", (bytes: Buffer) => {
    const all = rest.length === 0 ? bytes : Buffer.concat([rest, bytes]);
    const { answers, read } = answersTo(all);
    rest = all.subarray(read);
    if (answers !== "") socket.write(answers, "latin1");
  });
}

/** The answers to all whole MSG frames at the beginning of `bytes`, and how many bytes these are. */
export function answersTo(bytes: Buffer): { answers: string; read: number } {
  let answers = "";
  let read = 0;
  for (;;) {
    const end = bytes.indexOf(CR, read);
    if (end < 0) return { answers, read };
    const line = bytes.latin1Slice(read, end);
    if (!line.startsWith("MSG ")) {
      read = end + 2; // the server pings now and then, and nobody waits for our PONG within a measurement
      if (line === "PING") answers += "PONG\r\n";
      continue;
    }
    const size = Number(line.slice(line.lastIndexOf(" ") + 1));
    if (bytes.length < end + 2 + size + 2) return { answers, read };
    const payload = bytes.latin1Slice(end + 2, end + 2 + size);
    answers += `PUB ${replyOf(line)} ${size}\r\n${payload}\r\n`;
    read = end + 2 + size + 2;
  }
}

/** The last word but one: `MSG subject sid reply size`. */
function replyOf(line: string): string {
  const last = line.lastIndexOf(" ");
  return line.slice(line.lastIndexOf(" ", last - 1) + 1, last);
}
