import { readyMade } from "../clients/frames.js";
import type { RawLink } from "../clients/raw-link.js";
import { type Feed, subjectsOf } from "./messages.js";

/** Publishes ready-made bytes, at a small part of the cost of receiving them; resolves when the server has at least so many. */
export async function feed(
  link: RawLink,
  { messages, subjects, size, headers, json = false }: Feed,
): Promise<void> {
  const payload = json ? documentOf(size) : new Uint8Array(size).fill(120);
  const load = { subjects: subjectsOf(subjects), payload, headers };
  const { bytes, messages: perWrite } = readyMade(load);
  for (let left = messages; left > 0; left -= perWrite) if (!link.socket.write(bytes)) await link.drained();
  await link.confirmed();
}

/** A JSON document of so many bytes. */
function documentOf(size: number): Uint8Array {
  const order = { id: 4711, customer: "c-17", items: [{ sku: "ab-1", count: 2 }], note: "" };
  const note = "x".repeat(Math.max(0, size - JSON.stringify(order).length));
  return Buffer.from(JSON.stringify({ ...order, note }));
}
