import type { Pattern } from "../diagnosis.js";
import { atAnInterval } from "./intervals.js";
import { flapping, refusals, slower } from "./repeated.js";
import { atTheSameMinute } from "./same-minute.js";
import { atNames, atOneThatFails, atTheSameServer, removedAlone } from "./servers.js";
import { afterStalls, together } from "./this-process.js";
import { afterLargeMessages } from "./traffic.js";
import type { Finder, PatternView } from "./view.js";

/** The most telling first: what is true of this process or of credentials explains the others. */
const FINDERS: readonly Finder[] = [
  afterStalls,
  refusals,
  atNames,
  together,
  atAnInterval,
  afterLargeMessages,
  removedAlone,
  atTheSameServer,
  atOneThatFails,
  atTheSameMinute,
  flapping,
  slower,
];

/** What outages have in common. */
export function patternsOf(view: PatternView): Pattern[] {
  return FINDERS.map((find) => find(view)).filter((found) => found !== undefined);
}
