import type { ConnectionView, OutageView, View } from "./view.js";

/** What goes through a connection, per second. */
export interface Rates {
  readonly inMsgs: number;
  readonly outMsgs: number;
  readonly inBytes: number;
  readonly outBytes: number;
}

/** Outages that are kept. */
const MOST = 50;

/** What earlier looks have found: rates come of two of them, outages of all. */
export class Memory {
  #last: View | undefined;
  readonly #rates = new Map<string, Rates>();
  #told: readonly OutageView[] | undefined;
  readonly #seen: Ongoing[] = [];
  #awaySince: number | undefined;
  #cameBackAt: number | undefined;

  /** Takes what was found. Returns whether something has happened to a link: then the outages are worth a question. */
  take(view: View): boolean {
    if (view.away !== "") {
      this.#awaySince ??= view.at;
      this.#last = undefined;
      this.#rates.clear();
      return false;
    }
    if (this.#awaySince !== undefined) this.#cameBackAt = view.at;
    this.#awaySince = undefined;
    const before = this.#last;
    this.#rates.clear();
    for (const one of view.connections) this.#rate(one, view.at, before);
    this.#note(view);
    this.#last = view;
    return before === undefined || markOf(before) !== markOf(view);
  }

  /** What the process itself tells of its outages. */
  tell(outages: readonly OutageView[]): void {
    this.#told = outages;
  }

  /** Undefined before the second look, and when counts went back: it is another process. */
  ratesOf(connection: string): Rates | undefined {
    return this.#rates.get(connection);
  }

  /** The newest first: what the process tells, else what was seen from here. */
  get outages(): readonly OutageView[] {
    return this.#told !== undefined && this.#told.length > 0 ? this.#told : [...this.#seen].reverse();
  }

  /** Since when there is no answer, ms since the epoch. */
  get awaySince(): number | undefined {
    return this.#awaySince;
  }

  /** When the last answer after a while without came, ms since the epoch. */
  get cameBackAt(): number | undefined {
    return this.#cameBackAt;
  }

  #rate({ name, counts }: ConnectionView, at: number, before: View | undefined): void {
    const earlier = before?.connections.find((one) => one.name === name)?.counts;
    const seconds = before === undefined ? 0 : (at - before.at) / 1000;
    if (counts === undefined || earlier === undefined || seconds <= 0) return;
    const per = (of: keyof Rates) => (counts[of] - earlier[of]) / seconds;
    const rates = {
      inMsgs: per("inMsgs"),
      outMsgs: per("outMsgs"),
      inBytes: per("inBytes"),
      outBytes: per("outBytes"),
    };
    if (Object.values(rates).every((rate) => rate >= 0)) this.#rates.set(name, rates);
  }

  /** Where there is no dashboard: outages as they are seen from here. */
  #note({ at, connections }: View): void {
    for (const { name, state, server, cause, disconnectedAt } of connections) {
      const ongoing = this.#seen.find((one) => one.connection === name && one.endedAt === null);
      const connected = state === "connected";
      if (ongoing !== undefined && connected) {
        ongoing.endedAt = at;
        ongoing.next = server;
      } else if (ongoing !== undefined || connected || cause === undefined) continue;
      else {
        this.#seen.push({
          connection: name,
          startedAt: disconnectedAt ?? at,
          endedAt: null,
          server: "",
          next: "",
          kind: cause.kind,
          cause: cause.message,
          advice: cause.advice,
        });
        if (this.#seen.length > MOST) this.#seen.shift();
      }
    }
  }
}

type Ongoing = { -readonly [K in keyof OutageView]: OutageView[K] };

/** What changes when a link comes or goes. */
function markOf({ connections }: View): string {
  return connections
    .map(({ name, state, reconnects, server }) => `${name} ${state} ${reconnects} ${server}`)
    .join("\n");
}
