import { type ConnectionOptions, connect } from "../../src/index.js";
import { type BenchClient, BURST } from "./client.js";

/** Holdfast, paced as its documentation says: by what `publish()` returns. */
export async function holdfast(
  server: string,
  delivery: ConnectionOptions["delivery"],
): Promise<BenchClient> {
  const nc = await connect({ servers: server, delivery });
  return {
    async publishFor(ms, subject, payload) {
      const end = performance.now() + ms;
      let messages = 0;
      do {
        let open = true;
        for (let i = 0; open && i < BURST; i++) {
          open = nc.publish(subject, payload);
          messages++;
        }
        if (!open) await nc.writable();
      } while (performance.now() < end);
      await nc.flush();
      return messages;
    },
    subscribe(subject, tally) {
      nc.subscribe(subject, {
        // As a program would, it looks at the data, which is made only then.
        callback: (_error, msg) => tally.add(1, msg.data.length),
      });
      return nc.flush();
    },
  };
}
