import { perform } from "../works/perform.js";
import type { FromWorker, WorkerJob } from "./messages.js";
import { takeJob, tell, untilReleased } from "./role.js";

/** Measures one client once. */
const run = await perform(takeJob<WorkerJob>(), {
  // It stands still meanwhile: whoever then reads shares the machine only with a server that writes. Else its own speed would not
  // show, since a server takes longer to route a message than to receive one takes.
  async held(feed) {
    await tell<FromWorker>({ type: "subscribed", feed, waits: true });
    untilReleased();
  },
  live: (feed) => tell<FromWorker>({ type: "subscribed", feed, waits: false }),
});
await tell<FromWorker>({ type: "measured", run });
process.exit();
