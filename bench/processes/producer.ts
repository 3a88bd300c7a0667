import { readyMade } from "../clients/frames.js";
import { RawLink } from "../clients/raw-link.js";
import { type FromProducer, type ProducerJob, SUBJECT, type ToProducer } from "./messages.js";
import { takeJob, tell } from "./role.js";

/** Sends as many messages as it has credit for, ready-made, at a small part of the cost of receiving them. */
const job = takeJob<ProducerJob>();
const link = await RawLink.open(job.server);
const { bytes, messages } = readyMade(SUBJECT, new Uint8Array(job.size).fill(120));
let credit = 0;
let wake = () => {};
process.on("message", (message: ToProducer) => {
  credit += message.credit;
  wake();
});

for (;;) {
  for (; credit > 0; credit -= messages) if (!link.socket.write(bytes)) await link.drained();
  await link.confirmed();
  if (credit > 0) continue;
  await tell<FromProducer>({ type: "confirmed" });
  if (credit > 0) continue;
  await new Promise<void>((resolve) => {
    wake = resolve;
  });
}
