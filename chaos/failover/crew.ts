import { Child } from "../../demo/child.js";
import type { ClientKind } from "../../demo/protocol.js";
import type { NatsCluster } from "../../src/testing/cluster.js";
import type {
  Errand,
  FromFleet,
  FromWitness,
  MemberPlan,
  MessageId,
  Range,
  Receipt,
  Standstill,
  ToFleet,
  ToWitness,
  Word,
} from "./protocol.js";

/** The queue group. */
const GROUP = "group";

const FLEET = new URL("actors/fleet.js", import.meta.url);
const WITNESS = new URL("actors/witness.js", import.meta.url);

const CONNECT_PATIENCE = 40_000;
const MOVE_PATIENCE = 15_000;
const REST_PATIENCE = 30_000;
const RECEIPTS_PATIENCE = 30_000;
const CLOSE_PATIENCE = 10_000;

type Fleet = Child<ToFleet, FromFleet>;
type Witness = Child<ToWitness, FromWitness>;
/** What a process told of itself when it had come to rest. */
type Rested = Extract<FromFleet, { type: "rested" }>;

/** A process stood still: nothing can be delivered meanwhile, or published. */
export interface Stall extends Standstill {
  readonly process: string;
}

/** There was none. */
export const NO_STALL: Stall = { at: 0, ms: 0, busy: 0, process: "no process" };

/** Which client a crew uses, and how much it publishes. */
export interface CrewSettings {
  readonly client: ClientKind;
  /** Messages a second, of all publishers together. */
  readonly rate: number;
}

/** How it stands after a while of publishing. */
export interface Standing {
  /** What was published meanwhile. */
  readonly ranges: readonly Range[];
  readonly receipts: readonly Receipt[];
  readonly errands: readonly Errand[];
  /** When the processes of publishers and receivers themselves stood still. */
  readonly stalls: readonly Stall[];
  /** When messages were published, sampled, by publisher; since the start. */
  readonly sendTimes: readonly Float64Array[];
  /** Calls of `publish()` that threw, since the start. */
  readonly rejected: number;
}

/**
 * Connections on the three nodes of a cluster: on each a publisher, a subscriber and a member of a queue group; and, if wanted, a service on
 * each, and one connection each that asks them, that stores in a stream, and that consumes it. Publishers, receivers and the others have a process
 * each.
 */
export class Crew {
  /** What was told of connections, in the order in which it came. */
  readonly words: Word[] = [];
  readonly serverVersion: string;
  /** Who publishes, and from where it begins. */
  readonly plans: readonly MemberPlan[];
  readonly #fleets: readonly Fleet[];
  readonly #witness: Witness;
  readonly #fleetOf: ReadonlyMap<string, Fleet>;
  #next: number[];

  private constructor(
    fleets: readonly Fleet[],
    fleetOf: ReadonlyMap<string, Fleet>,
    witness: Witness,
    plans: readonly MemberPlan[],
    version: string,
  ) {
    this.#fleets = fleets;
    this.#fleetOf = fleetOf;
    this.#witness = witness;
    this.plans = plans;
    this.serverVersion = version;
    this.#next = plans.filter(({ duty }) => duty.kind === "publish").map(() => 0);
    for (const fleet of fleets) {
      fleet.on((message) => {
        if (message.type === "word") this.words.push(message);
      });
    }
  }

  /** Connects them all. What it has started is stopped by {@link stop}, also when this rejects. */
  static async start(client: ClientKind, cluster: NatsCluster, errands: boolean): Promise<Crew> {
    const nodes = cluster.servers.map(({ hostport }) => hostport);
    const parts: [string, MemberPlan[]][] = [
      ["receivers", receivers(nodes)],
      ["publishers", publishers(nodes)],
    ];
    if (errands) parts.push(["errands", errandsOn(nodes)]);
    const fleets = parts.map(([name]) => new Child<ToFleet, FromFleet>(name, FLEET));
    const fleetOf = new Map(
      parts.flatMap(([, members], index) => members.map(({ name }) => [name, fleets[index]] as const)),
    );
    const witness: Witness = new Child("witness", WITNESS);
    const watching = witness.next("watching", CONNECT_PATIENCE);
    witness.send({
      type: "watch",
      nodes: cluster.servers.map(({ name, host, port }) => ({ name, host, port })),
    });
    const connected = fleets.map((fleet) => fleet.next("connected", CONNECT_PATIENCE));
    for (const [index, [, members]] of parts.entries()) {
      fleets[index].send({ type: "connect", client, servers: cluster.urls, members });
    }
    let version: string;
    try {
      [[{ serverVersion: version }]] = await Promise.all([Promise.all(connected), watching]);
    } catch (error) {
      await Promise.all([witness, ...fleets].map((child) => child.stop()));
      throw error;
    }
    return new Crew(
      fleets,
      fleetOf,
      witness,
      parts.flatMap(([, members]) => members),
      version,
    );
  }

  /** Rejects when a process ends by itself. */
  get ended(): Promise<never> {
    return Promise.race([this.#witness, ...this.#fleets].map((child) => child.ended));
  }

  /** Brings everybody to the server where they began. Nobody may publish meanwhile. */
  async place(): Promise<void> {
    for (const { name, server } of this.plans) {
      const fleet = this.#fleetOf.get(name)!;
      const placed = fleet.next("placed", MOVE_PATIENCE);
      fleet.send({ type: "place", member: name, server });
      await placed;
    }
  }

  /** @param rates messages a second, by publisher */
  go(rates: readonly number[]): void {
    for (const fleet of this.#fleets) {
      fleet.send({ type: "pace", rates });
      fleet.send({ type: "go" });
    }
  }

  /** Has one call `reconnect()`; resolves when it has changed its server, or when it has not for 10 s. */
  async move(name: string): Promise<Extract<FromFleet, { type: "moved" }>> {
    const fleet = this.#fleetOf.get(name)!;
    const moved = fleet.next("moved", MOVE_PATIENCE);
    fleet.send({ type: "move", member: name });
    return moved;
  }

  /** Has everybody come to rest; resolves with what became of what was published since the last time. */
  async rest(): Promise<Standing> {
    // Publishers first: what they have published has been taken by their servers then.
    const rested: Rested[] = [];
    const stalls: Stall[] = [];
    for (const fleet of this.#fleets.toReversed()) {
      const answer = fleet.next("rested", REST_PATIENCE);
      fleet.send({ type: "rest" });
      const found = await answer;
      rested.push(found);
      stalls.push(...found.stalls.map((stall) => ({ ...stall, process: fleet.name })));
    }
    const next = rested.flatMap((each) => each.next);
    const ranges = next.map(({ publisher, id }) => ({ publisher, from: this.#next[publisher], to: id }));
    for (const { publisher, to } of ranges) this.#next[publisher] = to;
    const answers: Receipt[] = [];
    for (const fleet of this.#fleets) {
      const answer = fleet.next("receipts", RECEIPTS_PATIENCE);
      fleet.send({ type: "receipts", ranges });
      answers.push(...(await answer).receipts);
    }
    const collected = this.#witness.next("twice", RECEIPTS_PATIENCE);
    this.#witness.send({ type: "collect" });
    const { messages } = await collected;
    const sendTimes: Float64Array[] = [];
    for (const { publisher, times } of rested.flatMap((each) => each.sendTimes)) sendTimes[publisher] = times;
    return {
      ranges,
      receipts: answers.map((one) => withoutServers(one, messages)),
      sendTimes,
      errands: rested.flatMap((each) => each.errands),
      stalls,
      rejected: rested.reduce((sum, each) => sum + each.rejected, 0),
    };
  }

  /** Closes all connections. */
  async close(): Promise<void> {
    for (const fleet of this.#fleets) {
      const closed = fleet.next("closed", CLOSE_PATIENCE);
      fleet.send({ type: "close" });
      await closed;
    }
  }

  /** Ends the processes, whatever they are doing. */
  async stop(): Promise<void> {
    await Promise.all([this.#witness, ...this.#fleets].map((child) => child.stop()));
  }
}

/**
 * Servers bring a message twice to those who only listen, when a member of a queue group has left one of them for another: the first
 * one hands it on. No client can do anything about that; the witness gets it twice, too.
 */
export function withoutServers(receipt: Receipt, messages: readonly MessageId[]): Receipt {
  const key = ({ publisher, id }: MessageId) => `${publisher} ${id}`;
  const known = new Map<string, number>();
  for (const one of messages) known.set(key(one), (known.get(key(one)) ?? 0) + 1);
  const twice = receipt.twice.filter((one) => {
    const left = known.get(key(one)) ?? 0;
    known.set(key(one), left - 1);
    return left <= 0;
  });
  const servers = receipt.twice.length - twice.length;
  return { ...receipt, twice, duplicated: receipt.duplicated - servers, servers };
}

function publishers(nodes: readonly string[]): MemberPlan[] {
  return nodes.map((server, index) => ({
    name: `publisher ${index + 1}`,
    server,
    duty: { kind: "publish", publisher: index },
  }));
}

function receivers(nodes: readonly string[]): MemberPlan[] {
  return [
    ...nodes.map((server, index): MemberPlan => {
      return { name: `subscriber ${index + 1}`, server, duty: { kind: "receive" } };
    }),
    ...nodes.map((server, index): MemberPlan => {
      return { name: `group member ${index + 1}`, server, duty: { kind: "receive", queue: GROUP } };
    }),
  ];
}

function errandsOn(nodes: readonly string[]): MemberPlan[] {
  const services = nodes.map((server, index): MemberPlan => {
    return { name: `service ${index + 1}`, server, duty: { kind: "serve" } };
  });
  return [
    ...services,
    { name: "requester", server: nodes[0], duty: { kind: "ask" } },
    { name: "storer", server: nodes[1], duty: { kind: "store" } },
    { name: "consumer", server: nodes[2], duty: { kind: "consume" } },
  ];
}
