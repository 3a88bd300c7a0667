import type { ConnectionView } from "../../dashboard/protocol.js";
import { byteRate, bytes, count, counted, elapsed, millis, moment, NONE, percent, rate } from "../format.js";
import { type Loss, lossesOf } from "../losses.js";
import { lookOf } from "../states.js";
import type { Known, Store } from "../store.js";
import { byId, inside, List, make, type Row, set, write } from "./dom.js";

/** From this share of its limit on a buffer is told to be filling, and from that one to be nearly full. */
const FILLING = 0.5;
const NEARLY_FULL = 0.8;

interface Item {
  readonly known: Known;
  readonly now: number;
  /** Nobody knows whether it is still so. */
  readonly stale: boolean;
}

/** One card per connection: what somebody wants to know at a glance. */
export class Cards {
  private readonly list: List<Item>;
  private readonly none = byId("no-connections", HTMLElement);
  private readonly cards = byId("cards", HTMLElement);

  constructor() {
    const template = byId("card", HTMLTemplateElement);
    this.list = new List(
      this.cards,
      ({ known }) => known.view.id,
      () => card(template),
    );
  }

  update({ connections, now, hello, isStale: stale }: Store): void {
    this.none.hidden = hello === undefined || connections.size > 0;
    set(this.cards, "data-count", connections.size === 1 ? "one" : "several");
    this.list.show([...connections.values()].map((known) => ({ known, now, stale })));
  }
}

function card(template: HTMLTemplateElement): Row<Item> {
  const root = inside(template.content.cloneNode(true) as DocumentFragment, "article", HTMLElement);
  const part = (selector: string) => inside(root, selector, HTMLElement);
  const shape = inside(root, ".shape path", SVGElement);
  const [name, word, since] = [part("h3"), part(".state strong"), part(".since")];
  const [server, cause] = [part(".server"), part(".cause")];
  const figures = new Map(
    [...root.querySelectorAll<HTMLElement>("[data-figure]")].map((node) => [node.dataset.figure, node]),
  );
  const figure = (which: string, text: string) => write(figures.get(which)!, text);
  const buffer = bufferOf(part(".buffer"), part(".meter"));
  const losses = part(".losses");
  const lossList = new List<Loss>(losses, (loss) => loss.name, lossRow);

  const update = ({ known: { view, sample }, now, stale }: Item) => {
    const { tone, shape: path } = lookOf(view.state);
    set(root, "data-tone", tone);
    set(shape, "d", path);
    write(name, view.name);
    write(word, stale ? `was ${view.state}` : view.state);
    write(since, `for ${elapsed(now - view.since)}, since ${moment(view.since, now)}`);
    write(server, serverText(view));
    const why = tone === "good" ? "" : view.lastCause;
    cause.hidden = why === "";
    write(cause, why);
    figure("rtt", millis(sample?.rtt ?? null));
    figure("in", sample ? rate(sample.inMsgs) : NONE);
    figure("in-bytes", sample ? byteRate(sample.inBytes) : "");
    figure("out", sample ? rate(sample.outMsgs) : NONE);
    figure("out-bytes", sample ? byteRate(sample.outBytes) : "");
    figure("reconnects", count(view.reconnects));
    figure("attempts", view.attempts > 0 ? `${counted(view.attempts, "attempt")} now` : "");
    figure("buffer", sample ? bufferText(sample) : NONE);
    figure("waiting", sample ? waitingText(sample) : "");
    buffer(sample?.bufferRatio ?? 0, sample?.bufferBytes ?? 0, sample?.bufferLimit ?? 0);
    const lost = lossesOf(view);
    losses.hidden = lost.length === 0;
    lossList.show(lost);
  };
  return { nodes: [root], update };
}

function serverText({ server, serverName, serverVersion, cluster, servers }: ConnectionView): string {
  if (server === "") return `${counted(servers.length, "server")} to try`;
  const name = serverName === "" || serverName === server ? "" : ` (${serverName})`;
  return [
    `${server}${name}`,
    serverVersion && `nats-server ${serverVersion}`,
    cluster && `cluster ${cluster}`,
  ]
    .filter((text) => text !== "")
    .join(" · ");
}

type Level = NonNullable<Known["sample"]>;

/** In an outage the limit is for what was accepted since: what was on its way before comes on top of it. */
function bufferText({ bufferBytes, bufferLimit }: Level): string {
  return bufferLimit > 0 && bufferBytes <= bufferLimit
    ? `${bytes(bufferBytes)} of ${bytes(bufferLimit)}`
    : bytes(bufferBytes);
}

function waitingText({ bufferMessages, bufferRatio, bufferLimit, oldestAge }: Level): string {
  if (bufferMessages === 0) return "nothing waits";
  const share = bufferLimit > 0 ? `${percent(bufferRatio)}, ` : "";
  const oldest = oldestAge >= 1000 ? `, for ${elapsed(oldestAge)}` : "";
  return `${share}${counted(bufferMessages, "message")}${oldest}`;
}

/** The bar: how much of its limit is taken. */
function bufferOf(
  block: HTMLElement,
  meter: HTMLElement,
): (ratio: number, level: number, limit: number) => void {
  const bar = inside(meter, ".bar", HTMLElement);
  set(meter, "role", "meter");
  set(meter, "aria-label", "Buffer");
  set(meter, "aria-valuemin", "0");
  set(meter, "aria-valuemax", "100");
  return (full, level, limit) => {
    const ratio = Math.min(1, full);
    set(block, "data-level", ratio >= NEARLY_FULL ? "bad" : ratio >= FILLING ? "busy" : "good");
    set(meter, "aria-valuenow", String(Math.round(ratio * 100)));
    set(meter, "aria-valuetext", `${percent(ratio)} of ${bytes(limit)}`);
    // Something is shown of what is there, however little it is.
    bar.style.width = level > 0 ? `max(3px, ${(ratio * 100).toFixed(2)}%)` : "0";
  };
}

function lossRow(): Row<Loss> {
  const row = make("li");
  const number = make("strong", "number-lost");
  const text = make("span");
  row.append(number, " ", text);
  return {
    nodes: [row],
    update: (loss) => {
      set(row, "data-tone", loss.tone);
      write(number, `${count(loss.count)} ${loss.name}`);
      write(text, loss.text);
    },
  };
}
