import type { BenchClient } from "./client.js";
import { deliveredSize, readyMade } from "./frames.js";
import { RawLink } from "./raw-link.js";

const SID = 1;

/**
 * No client at all: ready-made bytes are written, and what comes in is only counted. No client on a Node socket can be
 * faster than this.
 */
export async function raw(server: string, size: number): Promise<BenchClient> {
  const link = await RawLink.open(server);
  const { socket } = link;
  return {
    async publishFor(ms, subject, payload) {
      const { bytes, messages: perWrite } = readyMade(subject, payload);
      const end = performance.now() + ms;
      let messages = 0;
      do {
        messages += perWrite;
        if (!socket.write(bytes)) await link.drained();
      } while (performance.now() < end);
      await link.confirmed();
      return messages;
    },
    async subscribe(subject, tally) {
      socket.write(`SUB ${subject} ${SID}\r\n`);
      await link.confirmed();
      const frame = deliveredSize(subject, SID, size);
      let rest = 0;
      socket.on("data", (bytes) => {
        const arrived = rest + bytes.length;
        rest = arrived % frame;
        const messages = (arrived - rest) / frame;
        if (messages > 0) tally.add(messages, messages * size);
      });
    },
  };
}
