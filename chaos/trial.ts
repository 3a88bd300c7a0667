import { Child } from "../demo/child.js";
import type { Cleanup } from "../demo/cleanup.js";
import { now, sleep } from "../demo/clock.js";
import { untilQuiet } from "../demo/quiet.js";
import { type Random, seeded } from "../demo/random.js";
import type { Evidence, Injection, Subject } from "./evidence.js";
import type { Trouble } from "./faults/catalogue.js";
import type { Fault } from "./faults/fault.js";
import type { FromPublisher, FromWitness, ToPublisher, ToWitness } from "./protocol.js";
import { WITNESS } from "./protocol.js";
import { Site } from "./site.js";
import { Stage } from "./stage.js";
import { anyInClear } from "./tls-check.js";
import { Watch } from "./watch.js";

/** What every trial is run with. */
export interface TrialSettings {
  /** How long messages are published, at the least: until one injection is over and the client is well again. */
  readonly seconds: number;
  /** Messages a second. */
  readonly rate: number;
  readonly seed: number;
  /** Bytes of a payload. */
  readonly size: number;
}

/** ms of publishing before the first injection, and after the last one is over and the client has a link. */
const LEAD = 500;
const TAIL = 700;
/** ms from one injection to the next, at the least; also time to be well again. */
const EVERY = 1500;
const REST = 500;
/** The second of a pair comes within the time of the first, or within so many ms of one that takes none. */
const LEAST_OVERLAP = 300;
/** Longer than a client with the defaults waits before it dials again, and than a silent link is borne. */
const LINK_PATIENCE = 12_000;
const START_PATIENCE = 15_000;
const EAR_PATIENCE = 10_000;
const STOP_PATIENCE = 40_000;
const COLLECT_PATIENCE = 10_000;
const CLOSE_PATIENCE = 10_000;
const QUIET = { quiet: 250, patience: 20_000 };

/**
 * One client in one trouble: a server (or two), a proxy before it, a publisher and a witness in processes of their own. Rejects when an
 * actor crashes, or the client cannot even connect.
 */
export async function runTrial(
  trouble: Trouble,
  subject: Subject,
  settings: TrialSettings,
  cleanup: Cleanup,
): Promise<Evidence> {
  const abort = new AbortController();
  const random = seeded(settings.seed);
  const actors = {
    publisher: new Child<ToPublisher, FromPublisher>("publisher", actorUrl("publisher")),
    witness: new Child<ToWitness, FromWitness>("witness", actorUrl("witness")),
  };
  const site = new Site();
  const play = async () => {
    await site.start(trouble.faults, trouble.wire, settings.seed);
    return new Trial(trouble, subject, settings, site, actors, random, abort.signal).run();
  };
  const playing = play();
  // Nothing may restart a server any more when they are closed, so the play has to have ended first.
  const tearDown = once(async () => {
    abort.abort();
    await Promise.all(Object.values(actors).map((actor) => actor.stop()));
    await playing.catch(() => {});
    await site.close();
  });
  const tornDown = cleanup.add("servers, proxies and actors", tearDown);
  try {
    return await Promise.race([playing, ...Object.values(actors).map((actor) => actor.ended)]);
  } finally {
    await tearDown();
    tornDown();
  }
}

interface Actors {
  readonly publisher: Child<ToPublisher, FromPublisher>;
  readonly witness: Child<ToWitness, FromWitness>;
}

/** The trial while it goes on. */
class Trial {
  readonly #injections: Injection[] = [];
  readonly #failures: string[] = [];
  readonly #trouble: Trouble;
  readonly #subject: Subject;
  readonly #settings: TrialSettings;
  readonly #actors: Actors;
  readonly #random: Random;
  readonly #site: Site;
  readonly #watch: Watch;
  readonly #stage: Stage;

  constructor(
    trouble: Trouble,
    subject: Subject,
    settings: TrialSettings,
    site: Site,
    actors: Actors,
    random: Random,
    signal: AbortSignal,
  ) {
    this.#trouble = trouble;
    this.#subject = subject;
    this.#settings = settings;
    this.#actors = actors;
    this.#random = random;
    this.#site = site;
    this.#watch = new Watch(site.nodes);
    actors.publisher.on((message) => this.#watch.publisherSaid(message));
    actors.witness.on((message) => this.#watch.witnessSaid(message));
    this.#stage = new Stage({
      site,
      random,
      signal,
      publisher: {
        signal: (name) => actors.publisher.signal(name),
        block: (ms) => actors.publisher.send({ type: "block", ms }),
      },
      publisherNode: () => this.#watch.node,
      linked: async () => {
        await this.#watch.untilLinked(0, LINK_PATIENCE, signal);
      },
      heard: (node) => this.#watch.untilHeard(node, EAR_PATIENCE, signal),
      deaf: (node) => this.#watch.untilDeaf(node, EAR_PATIENCE, signal),
    });
  }

  async run(): Promise<Evidence> {
    const { publisher, witness } = this.#actors;
    const { seconds, rate, size } = this.#settings;
    const { nodes, signal } = this.#stage;
    const taps = nodes.map(({ server: { name, host, port } }) => ({ name, host, port, ...WITNESS }));
    witness.send({ type: "watch", nodes: taps, size, publisher: publisher.pid });
    await Promise.all(nodes.map((node) => this.#watch.untilHeard(node, START_PATIENCE, signal)));
    const connected = publisher.next("connected", START_PATIENCE);
    const servers = nodes.map(({ proxy }) => proxy.url);
    const { clientTls: tls } = this.#site;
    publisher.send({ type: "connect", ...this.#subject, servers, rate, size, tls });
    this.#watch.connected((await connected).server);

    const startedAt = now();
    publisher.send({ type: "go" });
    await sleep(LEAD, signal);
    await this.#injectUntil(startedAt + seconds * 1000);
    if (!(await this.#watch.untilLinked(REST, LINK_PATIENCE, signal))) {
      this.#failures.push(`no link ${LINK_PATIENCE / 1000} s after the last injection was over`);
    }
    await sleep(TAIL, signal);

    await answer(publisher, "stop", "stopped", STOP_PATIENCE);
    const inClear = tls !== undefined && (await anyInClear(nodes));
    if (!(await untilQuiet(() => this.#watch.heard, { ...QUIET, signal }))) {
      this.#failures.push(`messages were still arriving ${QUIET.patience / 1000} s after the end`);
    }
    const published = await answer(publisher, "collect", "report", COLLECT_PATIENCE);
    const witnessed = await answer(witness, "collect", "report", COLLECT_PATIENCE);
    await answer(publisher, "close", "closed", CLOSE_PATIENCE).catch((error) => {
      this.#failures.push(error.message);
    });
    return {
      trouble: this.#trouble,
      subject: this.#subject,
      rate,
      startedAt,
      injections: this.#injections,
      words: this.#watch.words,
      kills: this.#stage.kills,
      heldAtStart: this.#watch.heldAtStart,
      heldAtMost: this.#watch.heldAtMost,
      publisher: published,
      witness: witnessed,
      inClear,
      failures: this.#failures,
    };
  }

  /** Injects again and again, each time when the client is well; each fault once at least. */
  async #injectUntil(end: number): Promise<void> {
    const { signal } = this.#stage;
    const { faults, inTurn = false } = this.#trouble;
    const rounds = inTurn ? faults.map((fault) => [fault]) : [faults];
    for (let round = 0; ; round++) {
      const together = rounds[round % rounds.length];
      const hold = Math.max(...together.map((fault) => fault.hold));
      if (round >= rounds.length && now() + hold + TAIL > end) return;
      // After the first time a client may be without a link for long, or for good; that is a result, too.
      if (!(await this.#watch.untilLinked(REST, LINK_PATIENCE, signal))) return;
      const { at, healedAt } = await this.#injectOnce(together);
      await sleep(Math.max(at + EVERY, healedAt + REST) - now(), signal);
    }
  }

  /** Injects these together, the first one at once and the others while it lasts; resolves when all are healed. */
  async #injectOnce(faults: readonly Fault[]): Promise<Injection> {
    const { signal } = this.#stage;
    const [first] = faults;
    const injection = { faults, at: now(), healedAt: Number.POSITIVE_INFINITY };
    this.#injections.push(injection);
    await Promise.all(
      faults.map(async (fault) => {
        if (fault !== first) await sleep(this.#random() * Math.max(LEAST_OVERLAP, first.hold), signal);
        const heal = await fault.inject(this.#stage);
        await sleep(fault.hold, signal);
        await heal();
      }),
    );
    injection.healedAt = now();
    return injection;
  }
}

/** Sends an order and resolves with the answer to it. */
async function answer<In extends { type: string }, Out extends { type: string }, T extends Out["type"]>(
  actor: Child<In, Out>,
  order: In["type"],
  type: T,
  patience: number,
): Promise<Extract<Out, { type: T }>> {
  const answered = actor.next(type, patience);
  actor.send({ type: order } as In);
  return answered;
}

function actorUrl(actor: string): URL {
  return new URL(`./actors/${actor}.js`, import.meta.url);
}

/** The same promise for every caller. */
function once(action: () => Promise<void>): () => Promise<void> {
  let done: Promise<void> | undefined;
  return () => {
    done ??= action();
    return done;
  };
}
