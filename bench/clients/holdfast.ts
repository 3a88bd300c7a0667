import type { Connection, ConnectionOptions } from "../../src/index.js";
import { BURST, type Library, type Load, type Where } from "./client.js";
import { freshHeaders, LibraryClient } from "./library.js";

/** How this benchmark connects: with Holdfast's defaults, but for a reconnect at once. */
export type Connect = (options?: ConnectionOptions) => Promise<Connection>;

/**
 * Loads Holdfast.
 *
 * @param library the index of another build of it, as a URL; default: this one
 */
export async function loadHoldfast({ url, ca }: Where, library: string | undefined): Promise<Connect> {
  const { connect } = (await (library === undefined
    ? import("../../src/index.js")
    : import(library))) as typeof import("../../src/index.js");
  const tls = ca === undefined ? {} : { tls: { ca } };
  return (options) => connect({ servers: url, reconnectDelayHandler: () => 0, ...tls, ...options });
}

/** A connection of Holdfast. */
export async function holdfast(
  where: Where,
  delivery: ConnectionOptions["delivery"],
  library: string | undefined,
): Promise<Library> {
  const connect = await loadHoldfast(where, library);
  return holdfastOn(await connect({ delivery }));
}

/** A connection of Holdfast that stands, as a client of the benchmark. */
export function holdfastOn(nc: Connection): Library {
  return new Holdfast(nc);
}

/** Paced as its documentation says: by what `publish()` returns. */
class Holdfast extends LibraryClient {
  readonly keeps = true;
  protected readonly nc: Connection;

  constructor(nc: Connection) {
    super();
    this.nc = nc;
  }

  async publishFor(ms: number, { subjects, payload, headers }: Load): Promise<number> {
    const { nc } = this;
    const end = performance.now() + ms;
    let messages = 0;
    let at = 0;
    do {
      let open = true;
      for (let i = 0; open && i < BURST; i++) {
        const subject = subjects[at];
        if (++at === subjects.length) at = 0;
        open = headers
          ? nc.publish(subject, payload, { headers: freshHeaders() })
          : nc.publish(subject, payload);
        messages++;
      }
      if (!open) await nc.writable();
    } while (performance.now() < end);
    await nc.flush();
    return messages;
  }

  async publishMany(messages: number, subject: string, payload: Uint8Array): Promise<void> {
    const { nc } = this;
    for (let i = 0; i < messages; i++)
      if (!nc.publish(subject, payload) && nc.state === "connected") await nc.writable();
  }

  confirmFor(ms: number, subject: string, payload: Uint8Array, inFlight: number): Promise<number> {
    return this.eachConfirmed(ms, inFlight, () => this.nc.publishConfirmed(subject, payload));
  }
}
