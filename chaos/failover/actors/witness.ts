import { takeRole } from "../../../demo/actors/role.js";
import { Wiretap } from "../../../demo/actors/wiretap.js";
import { Receipts } from "../../../demo/ledger/receipts.js";
import { sequenceAt } from "../../../demo/payload.js";
import { type FromWitness, type MessageId, PAYLOAD, type ToWitness } from "../protocol.js";
import { LOAD } from "./publishing.js";

/** More than there are publishers: a sequence and a publisher in one number. */
const RADIX = 4;
/** From a publisher's digit to the payload, on a connection whose only subscription has the id 1. */
const BEHIND = `0 1 ${PAYLOAD}\r\n`.length;
const DIGIT_0 = 48;

let taps: Wiretap<Receipts>[] = [];
let open = 0;

const tell = takeRole<ToWitness, FromWitness>((order) => {
  switch (order.type) {
    case "watch":
      taps = order.nodes.map(
        (node) => new Wiretap(node, new Receipts(), REPORTS, { subject: `${LOAD}*`, reader: read }),
      );
      for (const tap of taps) tap.start();
      break;
    case "collect":
      tell({ type: "twice", messages: twiceOnOne(taps.map(({ seen }) => seen.counts())) });
      break;
  }
});

const REPORTS = {
  firstSeenHere: () => {},
  chunkEnd: () => {},
  inversion: () => {},
  serverVersion: () => {},
  span: ({ closedAt }: { closedAt: number }) => {
    open += closedAt === Number.POSITIVE_INFINITY ? 1 : -1;
    if (open === taps.length) tell({ type: "watching" });
  },
};

function read(bytes: Buffer, at: number): number {
  const id = sequenceAt(bytes, at);
  return id < 0 ? -1 : id * RADIX + bytes[at - BEHIND] - DIGIT_0;
}

/** What one node alone has passed on more than once: what a publisher sends again comes twice on all of them. */
function twiceOnOne(counts: readonly Uint8Array[]): MessageId[] {
  const found: MessageId[] = [];
  const length = Math.max(...counts.map((each) => each.length));
  for (let number = 0; number < length; number++) {
    let nodes = 0;
    let copies = 0;
    for (const each of counts) {
      if (each[number] > 1) {
        nodes++;
        copies += each[number] - 1;
      }
    }
    if (nodes !== 1) continue;
    const one = { publisher: number % RADIX, id: Math.floor(number / RADIX) };
    for (let copy = 0; copy < copies; copy++) found.push(one);
  }
  return found;
}
