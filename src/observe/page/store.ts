import {
  type ConnectionView,
  type Hello,
  type LogView,
  PROTOCOL_VERSION,
  type Sample,
  type SampleView,
  type Series,
} from "../dashboard/protocol.js";
import { ProcessClock } from "./clock.js";
import { EventLog } from "./event-log.js";
import type { Contact, Listener } from "./feed.js";
import { Samples } from "./samples.js";
import { lookOf, type Tone, worst } from "./states.js";

/** What there is to tell of a connection beside its view. */
export interface Known {
  view: ConnectionView;
  /** The last sample; undefined before the first. */
  sample: SampleView | undefined;
  readonly log: EventLog;
}

/** More than this at once nobody listens to. */
const ANNOUNCED = 4;

/** What is said when contact is lost; undefined: it is not. */
const LOST: Readonly<Record<Contact["kind"], string | undefined>> = {
  connecting: undefined,
  live: undefined,
  lost: "No contact with the process",
  away: "The process cannot be reached",
};

/**
 * All that the page knows: one process, its connections, and the samples of the one that is looked at. Told by {@link Feed}, shown by the views;
 * it asks for nothing by itself.
 */
export class Store implements Listener {
  readonly clock: ProcessClock;
  readonly samples = new Samples();
  hello: Hello | undefined;
  contact: Contact = { kind: "connecting", since: 0, reason: "" };
  /** By id, in the order of the process. */
  readonly connections = new Map<string, Known>();
  /** Whose details are shown: the id of a connection; undefined when there is none. */
  selected: string | undefined;
  /** Who is to be selected, when there is such a one: the id of a connection. */
  wanted: string | undefined;
  /** Something has changed since this was last set to false. */
  changed = true;
  /** The samples of the selected connection are to be fetched. */
  historyWanted = false;
  /** What a listener with a screen reader is told; to be emptied when it was said. */
  readonly announcements: string[] = [];

  constructor(clock = new ProcessClock()) {
    this.clock = clock;
  }

  /** The selected connection. */
  get current(): Known | undefined {
    return this.selected === undefined ? undefined : this.connections.get(this.selected);
  }

  /** The process speaks a language that this page does not know: it is to be loaded again. */
  get isOutdated(): boolean {
    return this.hello !== undefined && this.hello.version !== PROTOCOL_VERSION;
  }

  /** Nothing of what is shown is sure. */
  get isStale(): boolean {
    return this.contact.kind !== "live";
  }

  /** The time over there (ms since the epoch); without contact it stands still. */
  get now(): number {
    return this.contact.kind === "live" ? this.clock.now() : this.clock.at(this.contact.since);
  }

  /** The most serious state of all. */
  get tone(): Tone {
    return worst([...this.connections.values()].map(({ view }) => lookOf(view.state).tone));
  }

  select(id: string): void {
    if (id === this.selected || !this.connections.has(id)) return;
    this.selected = id;
    this.wanted = id;
    this.samples.clear();
    this.historyWanted = true;
    this.changed = true;
  }

  /** Another process is looked at: nothing of the one before holds. */
  forget(): void {
    this.hello = undefined;
    this.selected = undefined;
    this.wanted = undefined;
    this.connections.clear();
    this.samples.clear();
    this.clock.forget();
    this.changed = true;
  }

  onHello(hello: Hello): void {
    const { process: before } = this.hello ?? {};
    const isSame = before?.pid === hello.process.pid && before.startedAt === hello.process.startedAt;
    const known = isSame ? new Map(this.connections) : new Map<string, Known>();
    if (!isSame) {
      this.samples.clear();
      this.clock.forget();
    }
    this.hello = hello;
    this.clock.heard(hello.process.now);
    this.connections.clear();
    for (const view of hello.connections) {
      const log = known.get(view.id)?.log ?? new EventLog();
      log.addAll(view.log);
      this.connections.set(view.id, { view, sample: known.get(view.id)?.sample, log });
    }
    if (this.selected === undefined || !this.connections.has(this.selected)) {
      const { wanted } = this;
      this.selected =
        wanted !== undefined && this.connections.has(wanted) ? wanted : hello.connections[0]?.id;
      this.samples.clear();
    }
    // What happened while nobody listened is in it.
    this.historyWanted = this.selected !== undefined;
    this.changed = true;
  }

  onConnection(view: ConnectionView): void {
    const known = this.connections.get(view.id);
    if (known !== undefined && known.view.state !== view.state) this.announce(view);
    const log = known?.log ?? new EventLog();
    log.addAll(view.log);
    this.connections.set(view.id, { view, sample: known?.sample, log });
    this.changed = true;
  }

  onSample({ at, connections }: Sample): void {
    this.clock.heard(at);
    for (const sample of connections) {
      const known = this.connections.get(sample.id);
      if (known === undefined) continue;
      known.sample = sample;
      known.view = { ...known.view, books: sample.books };
      if (sample.id === this.selected) this.samples.add(at, sample);
    }
    this.changed = true;
  }

  onLog(connection: string, entry: LogView): void {
    this.connections.get(connection)?.log.add(entry);
    this.changed = true;
  }

  /** The last hour of a connection has come. */
  takeHistory(series: Series | undefined): void {
    if (series === undefined || series.connection !== this.selected) return;
    this.samples.take(series);
    this.changed = true;
  }

  onContact(contact: Contact): void {
    const [before, after] = [LOST[this.contact.kind], LOST[contact.kind]];
    if (after !== undefined && after !== before) this.say(after);
    if (before !== undefined && contact.kind === "live") this.say("The process answers again");
    this.contact = contact;
    this.changed = true;
  }

  private announce({ name, state, lastCause }: ConnectionView): void {
    const why = lookOf(state).tone === "bad" && lastCause !== "" ? `: ${lastCause}` : "";
    this.say(`${name} is ${state}${why}`);
  }

  /** Of many things at once, the last ones are told. */
  private say(text: string): void {
    this.announcements.push(text);
    if (this.announcements.length > ANNOUNCED) this.announcements.shift();
  }
}
