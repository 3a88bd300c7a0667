import { WrongUse } from "../outbox/ended.js";
import { printable } from "../outbox/inspect.js";
import { withoutCredentials } from "../safe.js";
import { type Asked, ask } from "./ask.js";
import { awayView, hasHello, type OutageView, readHealth, readOutages, type View } from "./view.js";

/** ms for an answer. */
const TIMEOUT = 5000;
/** Bytes: 100 components of a hundred connections fit. */
const HEALTH = 4 * 1024 * 1024;
const HELLO = 8 * 1024 * 1024;
/** Paths of serve(), which people put behind the address. */
const PATHS = /\/(?:health(?:z|\/live|\/ready|\/nats)?|livez|readyz|metrics|dashboard)?\/*$/;

/** The process that is asked. Nothing of what it answers makes it throw. */
export class Endpoint {
  /** For people; without credentials. */
  readonly shown: string;
  readonly #base: string;
  readonly #token: string | undefined;
  readonly #signal: AbortSignal;
  /** False: it has no dashboard. */
  #hasStream = true;

  /**
   * @param signal ends what is being asked
   * @throws WrongUse for what is no address
   */
  constructor(address: string, token: string | undefined, signal: AbortSignal) {
    this.#signal = signal;
    const url = parse(address);
    this.#token = token ?? url.searchParams.get("token") ?? undefined;
    if (this.#token !== undefined && !/^[\w.~+/=-]+$/.test(this.#token)) {
      throw new WrongUse("the token is none: letters, digits and -._~+/= only");
    }
    this.#base = `${url.origin}${url.pathname.replace(PATHS, "")}`;
    this.shown = printable(withoutCredentials(this.#base));
  }

  /** What `/health` tells. */
  async health(): Promise<{ view: View; answer: unknown }> {
    const asked = await this.#ask("/health", { most: HEALTH });
    const at = Date.now();
    if (!asked.ok) return { view: awayView(at, asked.why), answer: null };
    const view = readHealth(at, asked.body, asked.code, asked.type);
    return { view, answer: view.away === "" ? JSON.parse(asked.body) : null };
  }

  /** Outages by the first event of the dashboard's stream; undefined when there is no dashboard, or no answer. */
  async outages(): Promise<OutageView[] | undefined> {
    if (!this.#hasStream) return undefined;
    const asked = await this.#ask("/dashboard/events", { most: HELLO, until: hasHello });
    if (!asked.ok) return undefined;
    if (asked.code !== 200) this.#hasStream = asked.code !== 404;
    return readOutages(asked.body);
  }

  /** The process is another one now, maybe with a dashboard. */
  cameBack(): void {
    this.#hasStream = true;
  }

  #ask(path: string, { most, until }: { most: number; until?: (text: string) => boolean }): Promise<Asked> {
    const { origin } = new URL(this.#base);
    if (origin === "null") return Promise.resolve({ ok: false, why: "no address" });
    return ask(new URL(`${this.#base}${path}`), {
      token: this.#token,
      timeout: TIMEOUT,
      signal: this.#signal,
      ...{ most, until },
    });
  }
}

function parse(address: string): URL {
  const whole = /^[a-z][a-z0-9+.-]*:\/\//i.test(address) ? address : `http://${address}`;
  let url: URL | undefined;
  try {
    url = new URL(whole);
  } catch {
    // Told below.
  }
  if (url === undefined || !/^https?:$/.test(url.protocol)) {
    throw new WrongUse(
      `the address of a process is wanted, such as http://127.0.0.1:9000, not of a server of NATS`,
    );
  }
  if (url.username !== "" || url.password !== "") {
    throw new WrongUse(
      "no user and password in the address: serve() takes a token, by --token or HOLDFAST_TOKEN",
    );
  }
  return url;
}
