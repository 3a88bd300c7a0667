import type { Away, ConnectionView, Hello, LogView, Sample, Series } from "../dashboard/protocol.js";

/** Whether what the page shows is true at this moment. */
export interface Contact {
  /**
   * - `connecting`: for the first time
   * - `live`: it is
   * - `lost`: the process does not answer, or the server that it was asked through
   * - `away`: the server that it was asked through cannot reach it
   */
  readonly kind: "connecting" | "live" | "lost" | "away";
  /** Since when, by the clock of the browser. */
  readonly since: number;
  /** For `away`: why. */
  readonly reason: string;
}

/** What a process tells: {@link Feed} calls these. */
export interface Listener {
  onHello(hello: Hello): void;
  onConnection(view: ConnectionView): void;
  onSample(sample: Sample): void;
  onLog(connection: string, entry: LogView): void;
  onContact(contact: Contact): void;
}

/** What is needed of an `EventSource`. */
export interface Source {
  readonly readyState: number;
  addEventListener(type: string, listener: (event: { readonly data?: string }) => void): void;
  close(): void;
}

/** What a browser offers. */
export interface Surroundings {
  /** Opens a stream: `new EventSource(url)`. */
  open(url: string): Source;
  /** Fetches JSON; rejects when that is not what comes. */
  fetchJson(url: string): Promise<unknown>;
  /** ms since the epoch. */
  now(): number;
}

/** `EventSource.CLOSED`: it does not try again by itself, since the answer was no stream. */
const CLOSED = 2;
/** Samples come once a second: without any for this long, what is shown is not true any more, whatever the socket says. */
export const SILENCE_MS = 4_000;
/** A stream that does not try again by itself, or stays silent, is opened again after this. */
export const REOPEN_MS = 2_000;

/**
 * The stream of a process: server-sent events, opened again whenever it ends. An `EventSource` does most of that; it does not when the answer was
 * an error, such as a proxy's 502, and it does not notice a process that stands still with its sockets open.
 */
export class Feed {
  private readonly listener: Listener;
  private readonly surroundings: Surroundings;
  private process = "";
  private source: Source | undefined;
  private contact: Contact;
  /** When something came last, and when the stream was opened. */
  private heardAt = 0;
  private openedAt = 0;

  constructor(listener: Listener, surroundings: Surroundings) {
    this.listener = listener;
    this.surroundings = surroundings;
    this.contact = { kind: "connecting", since: surroundings.now(), reason: "" };
  }

  /** Looks at a process from now on. `""`: the one that serves the page. */
  choose(process: string): void {
    this.process = process;
    this.heardAt = 0;
    this.contact = { kind: "connecting", since: this.surroundings.now(), reason: "" };
    this.listener.onContact(this.contact);
    this.open();
  }

  /** The last hour of a connection; undefined when it cannot be had now, or another process is looked at when it comes. */
  async history(connection: string): Promise<Series | undefined> {
    const { process } = this;
    try {
      const series = await this.surroundings.fetchJson(this.url("dashboard/history", { connection }));
      return process === this.process ? (series as Series) : undefined;
    } catch {
      return undefined; // what comes with the samples is shown
    }
  }

  /** To be called a few times a second: notices silence. */
  check(): void {
    const now = this.surroundings.now();
    const { source, contact } = this;
    if (source === undefined) return;
    const silent = now - this.heardAt;
    if (contact.kind === "live" && silent > SILENCE_MS) this.tell("lost", this.heardAt);
    if (contact.kind === "away") return;
    const quiet = now - Math.max(this.heardAt, this.openedAt);
    if (source.readyState === CLOSED ? quiet > REOPEN_MS : quiet > SILENCE_MS + REOPEN_MS) this.open();
  }

  /** Ends it. */
  close(): void {
    this.source?.close();
    this.source = undefined;
  }

  private open(): void {
    this.close();
    this.openedAt = this.surroundings.now();
    const source = this.surroundings.open(this.url("dashboard/events", {}));
    this.source = source;
    const on = <T>(type: string, handle: (data: T) => void) =>
      source.addEventListener(type, ({ data }) => {
        if (source !== this.source) return; // one that was left
        this.heardAt = this.surroundings.now();
        handle(JSON.parse(data!) as T);
      });
    on<Hello>("hello", (hello) => {
      this.listener.onHello(hello);
      this.tell("live");
    });
    on<ConnectionView>("connection", (view) => this.listener.onConnection(view));
    on<Sample>("sample", (sample) => {
      this.listener.onSample(sample);
      // A process that stood still goes on.
      if (this.contact.kind === "lost") this.tell("live");
    });
    on<{ connection: string; entry: LogView }>("log", ({ connection, entry }) =>
      this.listener.onLog(connection, entry),
    );
    on<Away>("away", ({ reason }) => this.tell("away", this.heardAt, reason));
    source.addEventListener("error", () => {
      if (source === this.source) this.tell("lost", this.heardAt || this.surroundings.now());
    });
  }

  private tell(kind: Contact["kind"], since = this.surroundings.now(), reason = ""): void {
    const { contact } = this;
    if (contact.kind === kind && contact.reason === reason) return;
    this.contact = { kind, since, reason };
    this.listener.onContact(this.contact);
  }

  private url(path: string, query: Record<string, string>): string {
    const all = new URLSearchParams(this.process === "" ? query : { process: this.process, ...query });
    return all.size === 0 ? path : `${path}?${all}`;
  }
}
