import type { FaultProxy, ToxicOptions } from "../../testing/fault-proxy.js";
import { printable } from "../outbox/inspect.js";
import { statusOf } from "./journal.js";
import { parseToxic } from "./toxic-spec.js";

/** The toxic by which clients stay here; it is ours, and stays when all others go. */
export const KEEP_CLIENTS = "keep_clients";
const HIDDEN: ReadonlySet<string> = new Set([KEEP_CLIENTS]);

/** Keys that put a toxic in, and take it out again. */
const TOXIC_KEYS: Readonly<Record<string, ToxicOptions>> = {
  l: { type: "latency", latency: 200, jitter: 50 },
  w: { type: "bandwidth", rate: 64 * 1024 },
  b: { type: "blackhole" },
  h: { type: "half_open" },
  f: { type: "freeze" },
  t: { type: "timeout", timeout: 1000 },
  p: { type: "delay_pong", delay: 10_000 },
  s: { type: "slicer", averageSize: 16, sizeVariation: 8 },
  c: { type: "corrupt", every: 10_000 },
};

/** With the time of day before them they fit into 80 columns. */
export const KEY_HELP = [
  "l latency 200 ms ± 50  w bandwidth 64 KiB/s  b blackhole",
  "h half open            f freeze              t timeout 1 s",
  "p PONGs 10 s late      s slices of 16 bytes  c 1 in 10,000 bytes",
  "d down, and up again   r reset all links     0 no toxics, up",
  "i how it is            ? these keys          q quit",
];
/** Characters of an error: it lists all that would be right. */
const LONGEST = 600;
const LINE_HELP = [
  'a toxic such as latency=200,jitter=50; "remove NAME", "clear", "down", "up", "reset", "status", "help", "quit"',
];

/** What keys and lines do to a proxy; each returns lines that say what was done. */
export class Control {
  readonly #proxy: FaultProxy;
  readonly #quit: () => void;

  constructor(proxy: FaultProxy, quit: () => void) {
    this.#proxy = proxy;
    this.#quit = quit;
  }

  /** How the proxy is. */
  status(): string {
    return statusOf(this.#proxy, HIDDEN);
  }

  /** A key of a terminal. */
  async key(key: string): Promise<string[]> {
    const toxic = Object.hasOwn(TOXIC_KEYS, key) ? TOXIC_KEYS[key] : undefined;
    if (toxic !== undefined) return this.#toggle(toxic);
    switch (key) {
      case "d":
        return this.line(this.#proxy.isUp ? "down" : "up");
      case "r":
        return this.line("reset");
      case "0":
        return [...(await this.line("clear")), ...(this.#proxy.isUp ? [] : await this.line("up"))];
      case "i":
        return this.line("status");
      case "?":
        return KEY_HELP;
      case "q":
      case "\u0004":
        return this.line("quit");
      default:
        return [];
    }
  }

  /** A line of standard input. What is wrong with it is told in a line, too. */
  async line(line: string): Promise<string[]> {
    try {
      return await this.#obey(line.trim());
    } catch (error) {
      return [`not done: ${printable((error as Error).message, LONGEST)}`];
    }
  }

  async #obey(line: string): Promise<string[]> {
    const [word, ...rest] = line.split(/\s+/);
    switch (word) {
      case "":
        return [];
      case "down":
        this.#proxy.down();
        return ["down: links are reset, new ones refused"];
      case "up":
        await this.#proxy.up();
        return ["up"];
      case "reset":
        this.#proxy.reset();
        return ["reset: RST to both sides of all links"];
      case "clear":
        for (const toxic of this.#visible()) toxic.remove();
        return ["no toxics any more"];
      case "remove":
        return [this.#remove(rest.join(" "))];
      case "status":
        return [this.status()];
      case "help":
      case "?":
        return LINE_HELP;
      case "quit":
      case "exit":
        this.#quit();
        return [];
      case "add":
        return [this.add(parseToxic(rest.join(" ")))];
      default:
        return [this.add(parseToxic(line))];
    }
  }

  /** Puts a toxic in; returns what to say of it. @throws FaultProxyError `INVALID_TOXIC`, `DUPLICATE_TOXIC` */
  add(options: ToxicOptions): string {
    const { name, stream, toxicity, attributes } = this.#proxy.addToxic(options as never);
    const details = Object.entries(attributes)
      .filter(([, value]) => value !== undefined && value !== Number.POSITIVE_INFINITY)
      .map(([key, value]) => `${key} ${printable(String(value))}`);
    const some = toxicity < 1 ? [`of ${Math.round(toxicity * 100)} % of links`] : [];
    return `+ ${printable(name)}: ${[...details, stream, ...some].join(", ")}`;
  }

  #toggle(options: ToxicOptions): string[] {
    const there = this.#visible().filter(({ type }) => type === options.type);
    if (there.length === 0) return [this.add(options)];
    return there.map(({ name }) => this.#remove(name));
  }

  #remove(name: string): string {
    if (name === "") return 'not done: "remove" wants the name of a toxic; "status" has them';
    const toxic = this.#visible().find((one) => one.name === name);
    if (toxic === undefined) {
      const names = this.#visible().map((one) => printable(one.name));
      return `not done: there is no toxic "${printable(name)}"; there ${names.length === 0 ? "are none" : `${names.length === 1 ? "is" : "are"} ${names.join(", ")}`}`;
    }
    toxic.remove();
    return `- ${printable(name)}`;
  }

  #visible() {
    return this.#proxy.toxics.filter(({ name }) => !HIDDEN.has(name));
  }
}
