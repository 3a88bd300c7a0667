import { existsSync } from "node:fs";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { CASES } from "../../bench/cases.js";
import type { Where } from "../../bench/clients/client.js";
import { RawLink } from "../../bench/clients/raw-link.js";
import { answer } from "../../bench/processes/answering.js";
import { feed } from "../../bench/processes/feed.js";
import { REQUESTS } from "../../bench/processes/messages.js";
import { perform } from "../../bench/works/perform.js";
import { CertificateAuthority } from "../../src/testing/certificates/authority.js";
import { NatsServer } from "../../src/testing/server.js";

/** A measurement so short says nothing, but everything is done once. */
const MS = 5;

/** A server, and the helpers that are processes of their own in a benchmark. */
class Place {
  readonly where: Where;
  private readonly server: NatsServer;
  private readonly producer: RawLink;

  private constructor(where: Where, server: NatsServer, producer: RawLink) {
    this.where = where;
    this.server = server;
    this.producer = producer;
  }

  static async open(authority?: CertificateAuthority): Promise<Place> {
    const server = await NatsServer.start(authority === undefined ? {} : { tls: { authority } });
    const where = { url: server.url, pid: server.pid, ca: authority?.cert };
    await answer(await RawLink.open(where), REQUESTS);
    return new Place(where, server, await RawLink.open(where));
  }

  /** Settles when the last feed has ended: it may be longer than what is measured of it. */
  fed: Promise<void> = Promise.resolve();

  readonly stage = {
    held: (wanted: Parameters<typeof feed>[1]) => feed(this.producer, wanted),
    live: async (wanted: Parameters<typeof feed>[1]) => {
      this.fed = feed(this.producer, wanted);
    },
  };

  close(): Promise<void> {
    return this.server.close();
  }
}

const measured = CASES.filter(({ group }) => group !== "recovery");
let authority: CertificateAuthority;
let plain: Place;
let tls: Place;
beforeAll(async () => {
  authority = await CertificateAuthority.create();
  [plain, tls] = await Promise.all([Place.open(), Place.open(authority)]);
});
afterAll(async () => {
  await Promise.all([plain?.close(), tls?.close()]);
  authority?.close();
});

describe("every case of the benchmark, for every client", () => {
  it.each(measured)("$name", async (of) => {
    const place = of.tls ? tls : plain;
    for (const client of of.clients) {
      for (const work of of.works) {
        const closing: (() => Promise<void>)[] = [];
        const opened = (close: () => Promise<void>) => closing.push(close);
        const run = await perform({ work, client, where: place.where, ms: MS, opened }, place.stage);
        await Promise.all(closing.map((close) => close()));
        await place.fed;
        for (const [step, sample] of Object.entries(run)) {
          const found = of.figures.filter((figure) => Number.isFinite(sample[figure]));
          // What a single subscription holds is too little to be seen.
          const missing = step === "1 subscription" ? ["memory"] : [];
          // Only Linux says these.
          const unknown = existsSync("/proc/self/schedstat")
            ? []
            : of.figures.filter((figure) => figure === "serverCpu" || figure === "waited");
          expect([...found, ...missing, ...unknown].toSorted(), `${client} ${step}`).toEqual(
            of.figures.toSorted(),
          );
        }
      }
    }
  });
});
