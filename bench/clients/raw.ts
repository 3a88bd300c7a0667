import type { BenchClient, Load, Take, Where } from "./client.js";
import { deliveredSize, publishFrame, readyMade } from "./frames.js";
import { RawLink } from "./raw-link.js";
import { whileRoom } from "./turns.js";

const SID = 1;
const INBOX = "_INBOX.raw";

/**
 * No client at all: ready-made bytes are written, and what comes in is only counted. No client on a Node socket can be
 * faster than this.
 */
export async function raw(where: Where): Promise<BenchClient> {
  const link = await RawLink.open(where);
  const { socket } = link;
  /** Counts frames of one size. */
  const count = (frame: number, heard: (messages: number) => void) => {
    let rest = 0;
    socket.on("data", (bytes: Buffer) => {
      const arrived = rest + bytes.length;
      rest = arrived % frame;
      const messages = (arrived - rest) / frame;
      if (messages > 0) heard(messages);
    });
  };
  let last: Buffer = Buffer.alloc(0);
  let lastPayload: unknown;
  return {
    async publishFor(ms, load) {
      const { bytes, messages: perWrite } = readyMade(load);
      const end = performance.now() + ms;
      let messages = 0;
      do {
        messages += perWrite;
        if (!socket.write(bytes)) await link.drained();
      } while (performance.now() < end);
      await link.confirmed();
      return messages;
    },

    publishWhile(room, subject, payload) {
      const { bytes, messages: all } = readyMade({ subjects: [subject], payload, headers: false });
      const frame = bytes.length / all;
      return whileRoom(room, (messages) => {
        for (let left = messages; left > 0; left -= all) {
          socket.write(bytes.subarray(0, Math.min(left, all) * frame));
        }
      });
    },

    async subscribe(subject: string, take: Take, like: Omit<Load, "subjects">) {
      socket.write(`SUB ${subject} ${SID}\r\n`);
      await link.confirmed();
      const size = like.payload.length;
      count(deliveredSize(subject, SID, like), (messages) => take(messages, messages * size));
    },

    async requestFor(ms, subject, payload, inFlight) {
      const one = publishFrame(subject, { payload, headers: false }, INBOX);
      const frames = Buffer.concat(Array.from({ length: inFlight }, () => one));
      socket.write(`SUB ${INBOX} ${SID}\r\n`);
      await link.confirmed();
      const end = performance.now() + ms;
      let answers = 0;
      let waiting = inFlight;
      await new Promise<void>((resolve) => {
        count(deliveredSize(INBOX, SID, { payload, headers: false }), (messages) => {
          answers += messages;
          if (performance.now() < end) socket.write(frames.subarray(0, messages * one.length));
          else waiting -= messages;
          if (waiting === 0) resolve();
        });
        socket.write(frames);
      });
      socket.removeAllListeners("data");
      socket.write(`UNSUB ${SID}\r\n`);
      return answers;
    },

    publish(subject, payload) {
      if (payload !== lastPayload) {
        last = publishFrame(subject, { payload: Buffer.from(payload as Uint8Array), headers: false });
        lastPayload = payload;
      }
      socket.write(last);
    },

    flush: () => link.confirmed(),

    async close() {
      socket.destroy();
    },
  };
}
