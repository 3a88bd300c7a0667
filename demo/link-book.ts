import type { Away, LinkEvent, LinkSpan } from "./evidence.js";
import type { LinkChange } from "./protocol.js";

/** Where one client is connected, now and so far, from what it tells itself. */
export class LinkBook {
  readonly #links: LinkSpan[] = [];
  readonly #aways: Away[] = [];
  readonly #changes: LinkChange[] = [];
  readonly #ports: readonly number[];
  #current: { node: number; from: number } | undefined;
  #away: { from: number; sequence: number } | undefined;
  #lastNode = -1;

  constructor(ports: readonly number[]) {
    this.#ports = ports;
  }

  /** The index of the node of the current link, or -1. */
  get node(): number {
    return this.#current?.node ?? -1;
  }

  /** The same, or else of the last link there was. */
  get lastNode(): number {
    return this.#lastNode;
  }

  /** When the current link came up. */
  get since(): number | undefined {
    return this.#current?.from;
  }

  connected(server: string, at: number): void {
    this.#current = { node: this.#nodeOf(server), from: at };
    this.#lastNode = this.#current.node;
  }

  /** nats.js may tell of one outage several times; the first word counts for down, the last for up. */
  note(change: LinkChange): void {
    this.#changes.push(change);
    if (!change.up) {
      if (this.#current !== undefined) this.#links.push({ ...this.#current, to: change.at });
      this.#current = undefined;
      this.#away ??= { from: change.at, sequence: change.sequence };
      return;
    }
    if (this.#away !== undefined) this.#aways.push({ ...this.#away, to: change.at });
    this.#away = undefined;
    this.connected(change.server ?? "", change.at);
  }

  /** Everything so far, what still lasts included. */
  spans(): { links: LinkSpan[]; aways: Away[] } {
    const to = Number.POSITIVE_INFINITY;
    return {
      links: this.#current === undefined ? [...this.#links] : [...this.#links, { ...this.#current, to }],
      aways: this.#away === undefined ? [...this.#aways] : [...this.#aways, { ...this.#away, to }],
    };
  }

  /** Every word that the client said of its link, as evidence of `who`. */
  events(who: LinkEvent["who"]): LinkEvent[] {
    return this.#changes.map(({ up, at, cause }) => ({ who, up, at, cause }));
  }

  // By the port: one client says "localhost", another "127.0.0.1".
  #nodeOf(server: string): number {
    const node = this.#ports.indexOf(Number(server.slice(server.lastIndexOf(":") + 1)));
    if (node < 0) throw new Error(`the client says it is connected to "${server}", which is no node of ours`);
    return node;
  }
}
