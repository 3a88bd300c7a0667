import { readyMade } from "../clients/frames.js";
import type { RawLink } from "../clients/raw-link.js";
import { type Feed, subjectsOf } from "./messages.js";

/** Publishes ready-made bytes, at a small part of the cost of receiving them; resolves when the server has at least so many. */
export async function feed(link: RawLink, { messages, subjects, size, headers }: Feed): Promise<void> {
  const load = { subjects: subjectsOf(subjects), payload: new Uint8Array(size).fill(120), headers };
  const { bytes, messages: perWrite } = readyMade(load);
  for (let left = messages; left > 0; left -= perWrite) if (!link.socket.write(bytes)) await link.drained();
  await link.confirmed();
}
