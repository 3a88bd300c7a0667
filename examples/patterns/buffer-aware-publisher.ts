/**
 * Buffer-aware publisher: what must not wait is refused in an outage and saved by its caller, what may wait is buffered with a warning.
 *
 * By hand: a flag that callbacks keep, a look at it before every publish, and a count of what is buffered. Here: `critical` on the
 * publish, the limits of `connect()`, and the `buffer` event.
 *
 * Run it: npm run example -- buffer-aware-publisher
 */
import { connect, headers, isHoldfastError, optionsFromEnv } from "holdfast";
import { gracefulShutdown } from "holdfast/service";

const nc = await connect(
  optionsFromEnv(process.env, {
    reconnectBufSize: 16 * 1024 * 1024, // encoded bytes that wait in an outage
    overflow: "drop-oldest", // or "drop-newest"; "reject": publish() throws BUFFER_FULL
  }),
);
nc.on("buffer", ({ level, ratio }) => console.log(`buffer ${level}: ${Math.round(ratio * 100)} % full`));
nc.on("messageLost", (lost) =>
  console.log(`dropped: ${lost.map(({ data }) => Buffer.from(data ?? "")).join()}`),
);
nc.on("disconnect", () => console.log("disconnected: publishing into the buffer"));
nc.on("reconnect", () => {
  const again = saved.splice(0);
  for (const [subject, data] of again) publish(subject, data, { critical: true });
  console.log(`reconnected: ${again.length} saved messages published`);
});

/** Of the application: a table, in earnest. */
const saved: [subject: string, data: string][] = [];

function publish(subject: string, data: string, { critical = false } = {}): void {
  const meta = headers();
  meta.set("Importance", critical ? "critical" : "normal");
  try {
    nc.publish(subject, data, { critical, headers: meta });
  } catch (error) {
    const code = isHoldfastError(error) ? error.code : undefined;
    if (code === "DISCONNECTED") saved.push([subject, data]);
    else if (code === "BUFFER_FULL") console.log(`dropped: ${data}`);
    else if (code === "MAX_PAYLOAD_EXCEEDED") console.log(`too large for the server: ${subject}`);
    else throw error; // CONNECTION_CLOSED: nothing will ever be sent again
  }
}

await nc.publishConfirmed("payments", "0"); // optional: resolves when a server has taken it
let number = 0;
const work = setInterval(
  () => {
    publish("payments", String(++number), { critical: true });
    publish("prices", String(number));
    if (number % 100 === 0) publish("reports", "x".repeat((nc.info?.max_payload ?? 0) + 1));
    if (number % 10 === 0)
      console.log(
        JSON.stringify({ number, state: nc.state, saved: saved.length, pending: nc.buffered.messages }),
      );
  },
  Number(process.env.EVERY ?? 10),
);

gracefulShutdown(nc, { before: () => clearInterval(work), after: () => console.log(`published ${number}`) });
