import type { ClientEvents, ClientSettings, DemoClient } from "./client.js";

/** Connects with the client of the wanted kind; the other one is not even loaded. */
export async function connectClient(settings: ClientSettings, events: ClientEvents): Promise<DemoClient> {
  if (settings.kind === "holdfast") {
    const { connectHoldfast } = await import("./holdfast.js");
    return connectHoldfast(settings, events);
  }
  const { connectNatsJs } = await import("./natsjs.js");
  return connectNatsJs(settings, events);
}
