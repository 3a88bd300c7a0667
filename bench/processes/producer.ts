import { RawLink } from "../clients/raw-link.js";
import { feed } from "./feed.js";
import type { Feed, FromHelper, HelperJob } from "./messages.js";
import { takeJob, tell } from "./role.js";

/** Fills the server with what others are to receive. */
const link = await RawLink.open(takeJob<HelperJob>().where);
process.on("message", async (wanted: Feed) => {
  await feed(link, wanted);
  await tell<FromHelper>({ type: "fed" });
});
await tell<FromHelper>({ type: "ready" });
