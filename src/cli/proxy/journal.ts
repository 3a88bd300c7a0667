import type { FaultProxy, ProxyLink } from "../../testing/fault-proxy.js";
import { age, count, size } from "../outbox/figures.js";

/** Lines about links in one look; in a storm the others are only counted. */
const MOST = 20;

/** What has become of a proxy's links since the last look, as lines for people. */
export class Journal {
  readonly #proxy: FaultProxy;
  readonly #open = new Set<ProxyLink>();
  #seen = 0;

  constructor(proxy: FaultProxy) {
    this.#proxy = proxy;
  }

  /** Lines about links that came and went, the oldest first. */
  look(): string[] {
    const lines: string[] = [];
    for (const link of this.#proxy.links) {
      if (link.number > this.#seen) this.#open.add(link);
    }
    for (const link of this.#open) {
      if (link.number > this.#seen) lines.push(`link ${link.number} opened`);
      if (link.closedAt === undefined) continue;
      this.#open.delete(link);
      lines.push(endOf(link));
    }
    // Those that came and went in a storm are not kept by the proxy; they are in its count.
    this.#seen = Math.max(this.#seen, this.#proxy.stats().links);
    if (lines.length <= MOST) return lines;
    return [...lines.slice(0, MOST), `and ${count(lines.length - MOST)} more like that`];
  }
}

function endOf(link: ProxyLink): string {
  const { number, openedAt, closedAt = openedAt, ended, bytesUp, bytesDown } = link;
  const why =
    ended === undefined
      ? "ended"
      : ended.how === "refused"
        ? "ended: nobody could be reached at the target"
        : `ended by the ${ended.by} (${ended.how})`;
  return `link ${number} ${why}, ${age(closedAt - openedAt)}, up ${size(bytesUp)}, down ${size(bytesDown)}`;
}

/** How a proxy is, in a line. */
export function statusOf(proxy: FaultProxy, hidden: ReadonlySet<string>): string {
  const { links, open, refused, bytesUp, bytesDown, injected } = proxy.stats();
  const toxics = proxy.toxics
    .filter(({ name }) => !hidden.has(name))
    .map(({ name }) => `${name} × ${count(injected[name] ?? 0)}`);
  const parts = [
    proxy.isUp ? "up" : "DOWN",
    `${count(open)} open of ${count(links)}`,
    ...(refused > 0 ? [`${count(refused)} refused`] : []),
    `up ${size(bytesUp)}`,
    `down ${size(bytesDown)}`,
    toxics.length === 0 ? "no toxics" : toxics.join(", "),
  ];
  return parts.join(" · ");
}
