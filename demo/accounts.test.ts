import { describe, expect, it } from "vitest";
import { type Account, settleAccount } from "./accounts.js";
import type { Evidence, Outage } from "./evidence.js";
import { Bitmap } from "./ledger/bitmap.js";
import { Receipts } from "./ledger/receipts.js";
import { isSampled, TimeSamples } from "./ledger/samples.js";
import type { Books, ClientKind } from "./protocol.js";
import { brokenPromises } from "./verdict.js";

/** One message per millisecond, from second 10 on; the publisher is on n1, the subscriber on n2. */
const START = 10_000;
const ACCEPTED = 4000;
const NODES = ["n1", "n2", "n3"];

interface Story {
  readonly client?: ClientKind;
  /** Sequences that the subscriber did not get, as [first, last]. */
  readonly undelivered?: [number, number];
  /** Sequences that no wiretap saw. */
  readonly unseen?: [number, number];
  readonly change?: (evidence: Evidence) => Partial<Evidence>;
}

function evidenceOf({ client = "holdfast", undelivered, unseen, change }: Story): Evidence {
  const inside = (range: [number, number] | undefined, s: number) =>
    range !== undefined && s >= range[0] && s <= range[1];
  const receipts = new Receipts();
  const seen = NODES.map(() => new Bitmap());
  const sendTimes = new TimeSamples();
  const firstSeen = new TimeSamples();
  for (let sequence = 0; sequence < ACCEPTED; sequence++) {
    if (isSampled(sequence)) sendTimes.note(sequence, START + sequence);
    if (!inside(undelivered, sequence) && !inside(unseen, sequence)) receipts.add(sequence);
    if (inside(unseen, sequence)) continue;
    for (const bits of seen) bits.add(sequence);
    if (isSampled(sequence)) firstSeen.note(sequence, START + sequence + 1);
  }
  const evidence: Evidence = {
    client,
    startedAt: START,
    faults: [],
    outages: [],
    linkEvents: [],
    subscriberAway: [],
    publisherLinks: [{ node: 0, from: START - 500, to: Number.POSITIVE_INFINITY }],
    subscriberLinks: [{ node: 1, from: START - 500, to: Number.POSITIVE_INFINITY }],
    publisher: {
      type: "report",
      accepted: ACCEPTED,
      rejected: 0,
      pauses: 0,
      probes: 0,
      books: client === "holdfast" ? books() : undefined,
      unbalanced: 0,
      reportedLost: 0,
      unconfirmedAtDisconnect: 0,
      errors: [],
      sendTimes: sendTimes.values(),
    },
    subscriber: {
      type: "report",
      received: receipts.received,
      distinct: receipts.distinct,
      outOfOrder: receipts.outOfOrder,
      strangers: 0,
      counts: receipts.counts(),
      arrivals: [],
      errors: [],
    },
    witness: {
      type: "report",
      seen: seen.map((bits) => bits.bytes()),
      firstSeen: firstSeen.values(),
      arrivals: [],
      inversions: [],
      inversionCount: 0,
      spans: NODES.map((node) => ({
        node,
        connectedAt: START - 900,
        readyAt: START - 890,
        closedAt: Number.POSITIVE_INFINITY,
      })),
      serverVersion: "2.15.1",
    },
    nodeNames: NODES,
    failures: [],
    remarks: [],
  };
  return { ...evidence, ...change?.(evidence) };
}

function books(change: Partial<Books> = {}): Books {
  return {
    accepted: ACCEPTED,
    confirmed: ACCEPTED,
    refused: 0,
    dropped: 0,
    unconfirmed: 0,
    pending: 0,
    replayed: 0,
    ...change,
  };
}

function outage(change: Partial<Outage> = {}): Outage {
  return {
    id: 0,
    step: 0,
    fault: "kill",
    means: "SIGKILL",
    struckAt: START + 2000,
    deadAt: START + 2002,
    nodes: [0],
    hitPublisher: true,
    hitSubscriber: false,
    publisherLinkSince: START - 500,
    ...change,
  };
}

/** Every accepted message must be in exactly one place. */
function placed(account: Account): number {
  const { delivered, missed, stranded, confirmedUnseen, unwitnessed, reported, lost } = account;
  return delivered + missed + stranded + confirmedUnseen + unwitnessed + reported + lost;
}

function account(story: Story): Account {
  const settled = settleAccount(evidenceOf(story));
  expect(placed(settled)).toBe(ACCEPTED);
  return settled;
}

describe("the account of a run", () => {
  it("finds everything delivered when everything was", () => {
    const settled = account({});
    expect(settled).toMatchObject({ delivered: ACCEPTED, lost: 0, missed: 0, duplicates: 0, outOfOrder: 0 });
    expect(brokenPromises(settled, evidenceOf({}))).toEqual([]);
  });

  it("calls it missed when the subscriber was away, and only then", () => {
    const away = { from: START + 1000, to: START + 1050, sequence: 999 };
    const undelivered: [number, number] = [1000, 1049];
    expect(account({ undelivered, change: () => ({ subscriberAway: [away] }) })).toMatchObject({
      missed: 50,
      stranded: 0,
    });
    expect(account({ undelivered })).toMatchObject({ missed: 0, stranded: 50 });
    const later = { ...away, from: START + 3000, to: START + 3050, sequence: 2999 };
    expect(account({ undelivered, change: () => ({ subscriberAway: [later] }) })).toMatchObject({
      missed: 0,
      stranded: 50,
    });
  });

  it("calls it lost with nats.js when nobody saw it", () => {
    const unseen: [number, number] = [2001, 2100];
    const settled = account({ client: "natsjs", unseen, change: () => ({ outages: [outage()] }) });
    expect(settled).toMatchObject({ lost: 100, confirmedUnseen: 0 });
  });

  it("does not judge nats.js by a wiretap that was not in place", () => {
    const unseen: [number, number] = [2010, 2019];
    const settled = account({
      client: "natsjs",
      unseen,
      change: ({ witness }) => ({
        publisherLinks: [
          { node: 0, from: START - 500, to: START + 1500 },
          { node: 1, from: START + 2005, to: Number.POSITIVE_INFINITY },
        ],
        witness: {
          ...witness,
          spans: [
            ...witness.spans,
            { node: "n2", connectedAt: START + 2000, readyAt: START + 2040, closedAt: 1e9 },
          ],
        },
      }),
    });
    expect(settled).toMatchObject({ lost: 0, unwitnessed: 10 });
  });

  it("believes a confirmation of a server that died at once, and no other", () => {
    const unseen: [number, number] = [1985, 1999];
    const died = account({ unseen, change: () => ({ outages: [outage()] }) });
    expect(died).toMatchObject({ confirmedUnseen: 15, lost: 0 });

    const linkEvents = [false, true].map((up) => ({ who: "publisher" as const, up, at: START + 2010 }));
    const story: Story = {
      unseen: [1000, 1014],
      change: () => ({ outages: [outage()], linkEvents }),
    };
    const alive = account(story);
    expect(alive).toMatchObject({ confirmedUnseen: 0, lost: 15 });
    expect(brokenPromises(alive, evidenceOf(story))).toEqual(["15 messages were lost"]);

    // What came after it was passed on before the kill, so it cannot have died in the server.
    const overtaken = account({ unseen: [1900, 1914], change: () => ({ outages: [outage()] }) });
    expect(overtaken).toMatchObject({ confirmedUnseen: 0, lost: 15 });

    const after = account({ unseen: [2040, 2050], change: () => ({ outages: [outage()] }) });
    expect(after).toMatchObject({ confirmedUnseen: 0, lost: 11 });
  });

  it("does not believe that a message died in a server that only stood still", () => {
    const frozen = account({
      unseen: [1985, 1999],
      change: () => ({ outages: [outage({ fault: "freeze", means: "SIGSTOP" })] }),
    });
    expect(frozen).toMatchObject({ confirmedUnseen: 0, lost: 15 });
  });

  it("wants one pair of events for each link that was cut", () => {
    const told = (...ups: boolean[]): Story => ({
      change: () => ({
        outages: [outage()],
        linkEvents: ups.map((up) => ({ who: "publisher", up, at: START + 2010 })),
      }),
    });
    const pair = told(false, true);
    expect(account(pair).events).toEqual({ outages: 1, disconnects: 1, reconnects: 1 });
    expect(brokenPromises(account(pair), evidenceOf(pair))).toEqual([]);
    for (const story of [told(), told(false), told(false, true, false, true)]) {
      expect(brokenPromises(account(story), evidenceOf(story))).toHaveLength(1);
    }
  });

  it("does not call lost what was reported", () => {
    const settled = account({
      unseen: [1000, 1009],
      change: ({ publisher }) => ({
        publisher: {
          ...publisher,
          reportedLost: 10,
          books: books({ confirmed: ACCEPTED - 10, dropped: 10 }),
        },
      }),
    });
    expect(settled).toMatchObject({ reported: 10, lost: 0 });
  });

  it("allows as many duplicates as were replayed", () => {
    const story = (replayed: number): Story => ({
      change: ({ subscriber, publisher }) => ({
        subscriber: { ...subscriber, received: subscriber.received + 7 },
        publisher: { ...publisher, books: books({ replayed }) },
      }),
    });
    expect(account(story(7)).duplicates).toBe(7);
    expect(brokenPromises(account(story(7)), evidenceOf(story(7)))).toEqual([]);
    expect(brokenPromises(account(story(6)), evidenceOf(story(6)))).toHaveLength(1);
  });

  it("counts the questions of beforeReplay in the books, and finds books that do not balance", () => {
    const story = (change: Partial<Books>): Story => ({
      change: ({ publisher }) => ({ publisher: { ...publisher, probes: 3, books: books(change) } }),
    });
    expect(account(story({ accepted: ACCEPTED + 3, confirmed: ACCEPTED + 3 })).booksBalanced).toBe(true);
    expect(account(story({})).booksBalanced).toBe(false);
  });

  it("tells disorder on the wire from disorder of the cluster", () => {
    const disorder = (node: string, sequence: number, at: number) =>
      account({
        change: ({ witness }) => ({
          outages: [outage()],
          publisherLinks: [
            { node: 0, from: START - 500, to: START + 2000 },
            { node: 1, from: START + 2010, to: Number.POSITIVE_INFINITY },
          ],
          witness: { ...witness, inversions: [{ sequence, node, at: START + at }], inversionCount: 1 },
        }),
      });
    const byTheWire = { wireDisorder: 1, routeDisorder: 0 };
    const byTheCluster = { wireDisorder: 0, routeDisorder: 1 };
    expect(disorder("n1", 500, 600)).toMatchObject(byTheWire);
    // Published after the kill: cannot have come over the dead node's route.
    expect(disorder("n2", 2080, 2090)).toMatchObject(byTheWire);
    expect(disorder("n2", 1990, 2015)).toMatchObject(byTheCluster);
    expect(disorder("n3", 2500, 2600)).toMatchObject(byTheCluster);
  });
});

describe("recovery times", () => {
  it("run from the kill to the first message sent after it", () => {
    const settled = account({
      change: ({ witness }) => ({
        outages: [
          outage(),
          outage({ id: 1, struckAt: START + 3000 }),
          outage({ id: 2, hitPublisher: false }),
        ],
        witness: {
          ...witness,
          arrivals: [
            { outage: 0, at: START + 2010 },
            { outage: 1, at: START + 3030 },
          ],
        },
      }),
    });
    expect(settled.recovery).toEqual({ each: [10, 30], median: 20, worst: 30 });
  });

  it("keep a freeze apart", () => {
    const settled = account({
      change: ({ witness }) => ({
        outages: [outage({ fault: "freeze", means: "SIGSTOP" })],
        witness: { ...witness, arrivals: [{ outage: 0, at: START + 7010 }] },
      }),
    });
    expect(settled.recovery.each).toEqual([]);
    expect(settled.freezeRecovery).toEqual({ each: [5010], median: 5010, worst: 5010 });
  });

  it("run from the first open port when all nodes were killed", () => {
    const settled = account({
      change: ({ witness }) => ({
        outages: [outage({ fault: "all-down", nodes: [0, 1, 2] })],
        witness: {
          ...witness,
          arrivals: [{ outage: 0, at: START + 2750 }],
          spans: [
            ...witness.spans,
            { node: "n3", connectedAt: START + 2700, readyAt: START + 2702, closedAt: 1e9 },
            { node: "n1", connectedAt: START + 2710, readyAt: START + 2712, closedAt: 1e9 },
          ],
        },
      }),
    });
    expect(settled.recovery.worst).toBe(50);
  });

  it("admit that an outage never ended", () => {
    const settled = account({
      change: ({ witness }) => ({
        outages: [outage(), outage({ id: 1 }), outage({ id: 2 })],
        witness: {
          ...witness,
          arrivals: [
            { outage: 0, at: START + 2010 },
            { outage: 1, at: START + 2020 },
          ],
        },
      }),
    });
    expect(settled.recovery).toEqual({ each: [10, 20, null], median: 20, worst: null });
  });
});
