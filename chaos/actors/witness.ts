import { takeRole } from "../../demo/actors/role.js";
import { Wiretap } from "../../demo/actors/wiretap.js";
import { Receipts } from "../../demo/ledger/receipts.js";
import { isSampled, TimeSamples } from "../../demo/ledger/samples.js";
import { type FromWitness, TICK, type ToWitness } from "../protocol.js";
import { Seal } from "../seal.js";

/** Everything: a subject can be damaged on the way, too. */
const ALL_SUBJECTS = ">";

let taps: Wiretap<Receipts>[] = [];
let serverVersion = "";
let disorder = 0;
let unreadable = 0;
const damaged: number[] = [];
const firstHeard = new TimeSamples();

const tell = takeRole<ToWitness, FromWitness>((order) => {
  switch (order.type) {
    case "watch": {
      process.prependListener("disconnect", () => wake(order.publisher));
      taps = order.nodes.map((node) => tapOn(node, order.size));
      for (const tap of taps) tap.start();
      setInterval(() => tell({ type: "tick", heard: heardBy(taps) }), TICK);
      break;
    }
    case "collect":
      tell({
        type: "report",
        counts: taps.map(({ seen }) => seen.counts()),
        firstHeard: firstHeard.values(),
        damaged,
        unreadable,
        disorder,
        serverVersion,
      });
      break;
  }
});

function tapOn(
  node: Extract<ToWitness, { type: "watch" }>["nodes"][number],
  size: number,
): Wiretap<Receipts> {
  const seal = new Seal(size);
  const reports = {
    firstSeenHere: (sequence: number, at: number) => {
      if (isSampled(sequence)) firstHeard.note(sequence, at);
    },
    chunkEnd: () => {},
    inversion: () => {
      disorder++;
    },
    span: ({ closedAt }: { closedAt: number }) => {
      tell({ type: "ear", node: node.name, open: closedAt === Number.POSITIVE_INFINITY });
    },
    serverVersion: (version: string) => {
      serverVersion = version;
    },
  };
  const stranger = (payload: Buffer) => {
    // What the server itself publishes; a message of ours that was changed has kept its size, or broke the protocol.
    if (payload.length !== size) return;
    const sequence = seal.guess(payload);
    if (sequence < 0) unreadable++;
    else damaged.push(sequence);
  };
  return new Wiretap(node, new Receipts(), reports, {
    subject: ALL_SUBJECTS,
    reader: seal.readFrame,
    stranger,
  });
}

/** Lets a process go on that may have been stopped. */
function wake(pid: number): void {
  try {
    process.kill(pid, "SIGCONT");
  } catch {
    // It has ended already.
  }
}

function heardBy(taps: readonly Wiretap<Receipts>[]): number {
  return taps.reduce((sum, tap) => sum + tap.heard, 0) + damaged.length + unreadable;
}
