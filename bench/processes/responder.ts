import { RawLink } from "../clients/raw-link.js";
import { answer } from "./answering.js";
import { type FromHelper, type HelperJob, REQUESTS } from "./messages.js";
import { takeJob, tell } from "./role.js";

/** Answers the requests of whoever is measured, at a small part of the cost of asking. */
await answer(await RawLink.open(takeJob<HelperJob>().where), REQUESTS);
await tell<FromHelper>({ type: "ready" });
