import { type Channel, channel } from "node:diagnostics_channel";
import type { EventName } from "./events.js";

const channels = new Map<EventName, Channel>();

/**
 * The channel of `node:diagnostics_channel` on which an event of every connection of the process is published: `holdfast:` and the event's
 * name, with `{ connection, args }`, where `args` is what listeners get.
 */
export function channelOf(name: EventName): Channel {
  let found = channels.get(name);
  if (found === undefined) {
    found = channel(`holdfast:${name}`);
    channels.set(name, found);
  }
  return found;
}
