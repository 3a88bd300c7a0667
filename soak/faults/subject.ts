import { openSync } from "node:fs";
import { takeRole } from "../../demo/actors/role.js";
import { sleep } from "../../demo/clock.js";
import { seeded } from "../../demo/random.js";
import { type Connection, connect } from "../../src/index.js";
import { Load } from "./load.js";
import { DATA, type FromSubject, type Leak, numberOf, READY, type ToSubject } from "./protocol.js";
import { read } from "./reading.js";

let nc: Connection;
let load: Load;
const leaked: unknown[] = [];

const tell = takeRole<ToSubject, FromSubject>(async (order) => {
  switch (order.type) {
    case "connect":
      await begin(order);
      tell({ type: "connected" });
      break;
    case "go":
      load.go();
      break;
    case "rest":
      await load.rest();
      tell({ type: "rested", reading: await read(), tally: load.tally, books: unbalanced() });
      break;
    case "close":
      await nc.close();
      tell({ type: "closed" });
      break;
  }
});

async function begin({ servers, rate, seed, leak }: Extract<ToSubject, { type: "connect" }>): Promise<void> {
  nc = await connect({
    servers,
    name: "soak subject",
    ignoreClusterUpdates: true,
    stallTimeout: 1_000,
    timeout: 1_000,
    pingInterval: 2_000,
    backoff: { initial: 20, max: 200 },
    reconnectBufSize: 64 * 1024 * 1024,
    // A server that is killed may have confirmed what it had not passed on to the witness's server.
    replayMargin: 250,
    beforeReplay: untilWitnessAnswers,
    beforeReplayTimeout: 20_000,
  });
  load = new Load(nc, rate, seeded(seed));
  await load.fill();
  tell({ type: "link", server: nc.getServer() });
  nc.on("disconnect", () => tell({ type: "link", server: undefined }));
  nc.on("reconnect", ({ server, replayed }) => {
    load.tally.reconnects++;
    load.tally.replayed += replayed;
    tell({ type: "link", server });
    if (leak !== undefined) LEAKS[leak]();
  });
  nc.on("messageLost", (batch) => {
    const messages = batch
      .filter(({ subject }) => subject === DATA)
      .map(({ data, reason }) => ({ id: numberOf(data!), reason }));
    if (messages.length > 0) tell({ type: "lost", messages });
  });
}

/** Then what is published on this link reaches the witness. */
async function untilWitnessAnswers(connection: Connection): Promise<void> {
  for (;;) {
    try {
      await connection.request(READY, "", { timeout: 250 });
      return;
    } catch (error) {
      if (connection.isClosed()) throw error;
      await sleep(5);
    }
  }
}

function unbalanced(): string | undefined {
  const stats = nc.stats();
  const { accepted, confirmed, refused, pending, dropped, unconfirmed } = stats;
  const sum = confirmed + refused + pending + dropped + unconfirmed;
  return accepted === sum ? undefined : JSON.stringify(stats);
}

const LEAKS: Readonly<Record<Leak, () => void>> = {
  heap: () => leaked.push(new Array(128).fill(leaked.length)),
  timer: () => leaked.push(setInterval(() => {}, 3_600_000)),
  descriptor: () => leaked.push(openSync("/dev/null", "r")),
};
