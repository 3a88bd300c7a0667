/**
 * Resilient publisher: 10,000 messages are kept in an outage and sent in order behind it, but for those older than 60 s; what is lost is told.
 *
 * By hand: a queue behind the client's buffer, a loop that empties it after a reconnect and stops when the buffer is full again, a time on
 * each message. Here: one buffer with limits in bytes and messages, `ttl` on the publish, and the `messageLost` event. Where memory is too small, or
 * messages must survive the process: durable-publisher.
 *
 * Run it: npm run example -- resilient-publisher
 */
import { connect, optionsFromEnv } from "holdfast";
import { gracefulShutdown } from "holdfast/service";

const MAX_AGE = Number(process.env.MAX_AGE ?? 60_000);

const nc = await connect(
  optionsFromEnv(process.env, {
    maxBufferedMessages: 10_000,
    reconnectBufSize: 64 * 1024 * 1024,
    overflow: "drop-newest", // publish() returns, and messageLost tells; "reject" would have it throw
  }),
);
nc.on("overflow", ({ messages }) => console.log(`no room for ${messages}`));
nc.on("messageLost", (lost) => {
  for (const { subject, data, age, reason, maybeDelivered } of lost) {
    const whether = maybeDelivered ? ", but it may have been on its way before" : "";
    console.log(
      `lost ${subject} ${Buffer.from(data ?? "")}: ${reason} after ${Math.round(age)} ms${whether}`,
    );
  }
});
nc.on("disconnect", () => console.log("disconnected"));
nc.on("reconnect", () => console.log(`reconnected: ${nc.buffered.messages} still to go`));

let number = 0;
const work = setInterval(
  () => {
    nc.publish("readings", String(++number), { ttl: MAX_AGE });
    if (number % 10 === 0) console.log(`${number} published, ${nc.buffered.messages} waiting`);
  },
  Number(process.env.EVERY ?? 10),
);

gracefulShutdown(nc, {
  before: () => clearInterval(work),
  after() {
    const { confirmed, dropped } = nc.stats();
    console.log(JSON.stringify({ published: number, confirmed, dropped }));
  },
});
