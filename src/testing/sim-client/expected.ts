import { Events } from "../../client/events.js";
import { FAULTS } from "../sim/profile.js";
import { CLIENT_ACTIONS, CLIENT_ENDINGS } from "./client-profile.js";

/** What must have happened in a long campaign of level two, by group of `Coverage`. */
export const EXPECTED_OF_CLIENT: Readonly<Record<string, readonly string[]>> = {
  action: CLIENT_ACTIONS,
  // `connect` comes before anyone can listen, unless connect() has returned without a link.
  event: Object.values(Events),
  fault: FAULTS,
  ending: [...CLIENT_ENDINGS, "at rest", "never connected"],
  shut: ["close", "drain"],
  reaction: ["publish", "request", "unsubscribe", "flush", "look"],
  move: ["lame-duck", "reconnect", "servers", "failback"],
  spare: ["standby ready", "standby lost", "failback ready", "failback lost"],
  transition: [
    "connected→reconnecting",
    "reconnecting→connected",
    "reconnecting→disconnected",
    "disconnected→closed",
    "connected→closed",
    "reconnecting→closed",
    "connected→draining",
    "reconnecting→draining",
    "draining→closed",
  ],
};
