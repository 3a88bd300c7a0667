import { Child } from "./child.js";
import type { Cleanup } from "./cleanup.js";
import { now, sleep } from "./clock.js";
import { Conductor } from "./conductor.js";
import type { Evidence } from "./evidence.js";
import { LinkBook } from "./link-book.js";
import type { Progress } from "./progress.js";
import type {
  FromPublisher,
  FromSubscriber,
  FromWitness,
  Rate,
  ToPublisher,
  ToSubscriber,
  ToWitness,
} from "./protocol.js";
import { untilQuiet } from "./quiet.js";
import { seeded, shuffled } from "./random.js";
import type { Step } from "./schedule.js";
import { type Servers, startServers } from "./servers.js";
import { Stage } from "./stage.js";

/** What both clients are run with. */
export interface RunSettings {
  readonly seconds: number;
  readonly rate: Rate;
  readonly seed: number;
  readonly size: number;
  readonly replayMargin: number;
  readonly schedule: readonly Step[];
  /** On test servers instead of real ones. */
  readonly testServers: boolean;
}

const CONNECT_PATIENCE = 15_000;
/** The last flush may have to wait for a reconnect; the reports may be large. */
const FINISH_PATIENCE = 60_000;
const COLLECT_PATIENCE = 30_000;
const CLOSE_PATIENCE = 8_000;
/** Links are in place and old enough to be called settled before publishing begins. */
const WARM_UP = 500;
/** Nothing new anywhere for so long: everything that was under way has arrived. */
const QUIET = 600;
const QUIET_PATIENCE = 60_000;
/** A slow subscriber manages this part of what comes in; of what comes as fast as it goes, so many a second. */
const SLOW_SHARE = 1 / 4;
const SLOW_UNPACED = 20_000;

/**
 * One client's run: three servers, a publisher, a subscriber and a witness in processes of their own, the schedule,
 * and at the end the evidence. Rejects when an actor crashes or the client cannot even connect.
 */
export async function runClient(
  settings: RunSettings,
  progress: Progress,
  cleanup: Cleanup,
): Promise<Evidence> {
  progress.phase = "starting";
  const cluster = await startServers(settings.testServers);
  const actors = {
    publisher: new Child<ToPublisher, FromPublisher>("publisher", actorUrl("publisher")),
    subscriber: new Child<ToSubscriber, FromSubscriber>("subscriber", actorUrl("subscriber")),
    witness: new Child<ToWitness, FromWitness>("witness", actorUrl("witness")),
  };
  const abort = new AbortController();
  const playing = play(settings, progress, cluster, actors, abort.signal);
  // Nothing may restart a server any more when the cluster is closed, so the play has to have ended first.
  const tearDown = once(async () => {
    abort.abort();
    await Promise.all(Object.values(actors).map((actor) => actor.stop()));
    await playing.catch(() => {});
    await cluster.close();
  });
  const tornDown = cleanup.add("the servers and actors", tearDown);
  try {
    return await Promise.race([playing, ...Object.values(actors).map((actor) => actor.ended)]);
  } finally {
    await tearDown();
    tornDown();
  }
}

interface Actors {
  readonly publisher: Child<ToPublisher, FromPublisher>;
  readonly subscriber: Child<ToSubscriber, FromSubscriber>;
  readonly witness: Child<ToWitness, FromWitness>;
}

async function play(
  settings: RunSettings,
  progress: Progress,
  cluster: Servers,
  { publisher, subscriber, witness }: Actors,
  signal: AbortSignal,
): Promise<Evidence> {
  const servers = cluster.servers;
  progress.nodes = servers.map(({ name }) => ({ name, downtimes: [] }));
  const ports = servers.map(({ port }) => port);
  const links = { publisher: new LinkBook(ports), subscriber: new LinkBook(ports) };
  const traffic = { received: 0, heard: 0 };
  watchPublisher(publisher, links.publisher, progress);
  watchSubscriber(subscriber, links.subscriber, progress, traffic);
  witness.on((message) => {
    if (message.type === "tick") traffic.heard = message.heard;
    else if (message.type === "dead") subscriber.send(message);
  });

  const watching = witness.next("ready", CONNECT_PATIENCE);
  witness.send({
    type: "watch",
    nodes: servers.map(({ name, host, port }) => ({ name, host, port })),
  });
  await watching;

  // The seed decides where everybody starts. Whoever leaves a node goes to the next one in its list, as a rule: the
  // subscriber has the list the other way round, so that the two part again after they have met on a node.
  const publisherOrder = shuffled(
    seeded(settings.seed),
    servers.map((_server, node) => node),
  );
  const urls = publisherOrder.map((node) => servers[node].url);
  const subscribed = subscriber.next("connected", CONNECT_PATIENCE);
  subscriber.send({ type: "connect", client: progress.client, servers: urls.toReversed() });
  const peer = await subscribed;
  links.subscriber.connected(peer.server, now());
  const connected = publisher.next("connected", CONNECT_PATIENCE);
  publisher.send({
    type: "connect",
    client: progress.client,
    servers: urls,
    rate: settings.rate,
    size: settings.size,
    replayMargin: settings.replayMargin,
    peers: peer.dashboard === undefined ? [] : [peer.dashboard],
  });
  const self = await connected;
  links.publisher.connected(self.server, now());
  progress.dashboard = self.dashboard;
  await sleep(WARM_UP, signal);

  const startedAt = now();
  progress.startedAt = startedAt;
  progress.phase = "running";
  progress.publisherPath.push({ at: 0, node: links.publisher.node });
  progress.subscriberPath.push({ at: 0, node: links.subscriber.node });
  publisher.send({ type: "go" });

  const watcher = {
    arm: (outage: number, nodes: readonly number[]) => {
      witness.send({ type: "arm", outage, nodes: nodes.map((node) => servers[node].name) });
      // Always: it may come to one of the nodes in the moment before the blow.
      subscriber.send({ type: "arm", outage });
    },
    gone: (outage: number) => witness.send({ type: "gone", outage, at: now() }),
  };
  const slowDown = (ms: number) => subscriber.send({ type: "slow", ms, each: slowPace(settings.rate) });
  const stage = new Stage(
    { cluster, publisher: links.publisher, subscriber: links.subscriber, publisherOrder, watcher, slowDown },
    progress,
    signal,
  );
  const conductor = new Conductor(stage);
  const late = await conductor.perform(settings.schedule, startedAt);
  await sleep(startedAt + settings.seconds * 1000 + late - now(), signal);

  progress.endedAt = now();
  progress.phase = "settling";
  const finished = publisher.next("report", FINISH_PATIENCE);
  publisher.send({ type: "stop" });
  const published = await finished;
  const failures: string[] = [];
  const arrived = () => traffic.received + traffic.heard;
  if (!(await untilQuiet(arrived, { quiet: QUIET, patience: QUIET_PATIENCE, signal }))) {
    failures.push(`messages were still arriving ${QUIET_PATIENCE / 1000} s after the end`);
  }

  const [received, witnessed] = await Promise.all([
    collect(() => subscriber.send({ type: "collect" }), subscriber.next("report", COLLECT_PATIENCE)),
    collect(() => witness.send({ type: "collect" }), witness.next("report", COLLECT_PATIENCE)),
  ]);
  const closed = await Promise.allSettled([
    collect(() => publisher.send({ type: "close" }), publisher.next("closed", CLOSE_PATIENCE)),
    collect(() => subscriber.send({ type: "close" }), subscriber.next("closed", CLOSE_PATIENCE)),
  ]);
  for (const outcome of closed) if (outcome.status === "rejected") failures.push(outcome.reason.message);

  return {
    client: progress.client,
    startedAt,
    faults: conductor.faults,
    outages: stage.outages,
    linkEvents: [...links.publisher.events("publisher"), ...links.subscriber.events("subscriber")],
    subscriberAway: links.subscriber.spans().aways,
    publisherLinks: links.publisher.spans().links,
    subscriberLinks: links.subscriber.spans().links,
    publisher: published,
    subscriber: received,
    witness: witnessed,
    nodeNames: servers.map(({ name }) => name),
    failures,
    remarks: conductor.remarks,
  };
}

function watchPublisher(publisher: Actors["publisher"], links: LinkBook, progress: Progress): void {
  publisher.on((message) => {
    if (message.type === "tick") {
      progress.accepted = message.accepted;
      progress.rejected = message.rejected;
      progress.buffer = message.buffer;
      progress.books = message.books;
    } else if (message.type === "link") {
      links.note(message);
      noteLink(progress, "publisher", message.at, message.up ? links.node : -1, message.detail);
    }
  });
}

function watchSubscriber(
  subscriber: Actors["subscriber"],
  links: LinkBook,
  progress: Progress,
  traffic: { received: number },
): void {
  subscriber.on((message) => {
    if (message.type === "tick") {
      traffic.received = message.received;
      progress.delivered = message.distinct;
      progress.duplicates = message.received - message.distinct;
      if (progress.startedAt === 0) return;
      const buffered = progress.buffer?.bytes ?? 0;
      progress.samples.push({ at: message.at - progress.startedAt, delivered: message.distinct, buffered });
    } else if (message.type === "link") {
      links.note(message);
      noteLink(progress, "subscriber", message.at, message.up ? links.node : -1);
    }
  });
}

function noteLink(
  progress: Progress,
  who: "publisher" | "subscriber",
  at: number,
  node: number,
  detail = "",
): void {
  const since = at - progress.startedAt;
  progress[who === "publisher" ? "publisherPath" : "subscriberPath"].push({ at: since, node });
  if (node < 0) return;
  const name = progress.nodes[node].name;
  progress.note(since, `${who} back, on ${name}${detail && `, ${detail}`}`, "good");
}

/** Milliseconds that a slow subscriber spends on a message. */
function slowPace(rate: Rate): number {
  return 1000 / (rate === "max" ? SLOW_UNPACED : rate * SLOW_SHARE);
}

/** Asks and waits for the answer; the promise of the answer is made before the question. */
function collect<T>(ask: () => void, answer: Promise<T>): Promise<T> {
  ask();
  return answer;
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
