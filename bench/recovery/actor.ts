import { takeJob, tell } from "../processes/role.js";
import { type ActorJob, type FromActor, PUBLISH_EVERY, SUBJECT, stamp } from "./messages.js";

/** Publishes the time, all the time, whatever becomes of the servers. Both clients have their defaults, but never give up. */
const { client, servers } = takeJob<ActorJob>();
const publish = client === "holdfast" ? await holdfast() : await natsJs();
await tell<FromActor>({ type: "connected" });
setInterval(() => publish(stamp()), PUBLISH_EVERY);

async function holdfast(): Promise<(text: string) => void> {
  const { connect } = await import("../../src/index.js");
  const nc = await connect({ servers, noRandomize: true });
  return (text) => nc.publish(SUBJECT, text);
}

async function natsJs(): Promise<(text: string) => void> {
  const { connect } = await import("@nats-io/transport-node");
  const nc = await connect({ servers, noRandomize: true, maxReconnectAttempts: -1 });
  return (text) => nc.publish(SUBJECT, text);
}
