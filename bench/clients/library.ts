import { headers, type MsgHdrs, type NatsConnection, type Payload } from "@nats-io/nats-core";
import { HEADERS, type Library, type Load, type Take } from "./client.js";
import { whileRoom } from "./turns.js";

/** ms until a request is given up: it must never be what is measured. */
const REQUEST_TIMEOUT = 20_000;

/** Headers as an application makes them: for each message anew. */
export function freshHeaders(): MsgHdrs {
  const made = headers();
  made.set("trace", HEADERS.trace);
  made.set("kind", HEADERS.kind);
  return made;
}

/** What Holdfast and nats.js have in common: the interface of nats-core. */
export abstract class LibraryClient implements Library {
  abstract readonly keeps: boolean;
  protected abstract readonly nc: NatsConnection;

  abstract publishFor(ms: number, load: Load): Promise<number>;
  abstract publishMany(messages: number, subject: string, payload: Uint8Array): Promise<void>;
  abstract confirmFor(ms: number, subject: string, payload: Uint8Array, inFlight: number): Promise<number>;

  publishWhile(room: () => number, subject: string, payload: Uint8Array): Promise<void> {
    const { nc } = this;
    return whileRoom(room, (messages) => {
      for (let i = 0; i < messages; i++) nc.publish(subject, payload);
    });
  }

  subscribe(subject: string, take: Take, { headers }: Omit<Load, "subjects">): Promise<void> {
    // As a program would, it looks at the data, and at the headers if there are any; they are made only then.
    const callback = headers
      ? (_error: unknown, msg: { data: Uint8Array; headers?: MsgHdrs }) => {
          if (msg.headers!.get("trace") !== HEADERS.trace) throw new Error("the headers are wrong");
          take(1, msg.data.length);
        }
      : (_error: unknown, msg: { data: Uint8Array }) => take(1, msg.data.length);
    this.nc.subscribe(subject, { callback });
    return this.nc.flush();
  }

  subscribeAll(subjects: readonly string[], take: Take): Promise<void> {
    const callback = (_error: unknown, msg: { data: Uint8Array }) => take(1, msg.data.length);
    for (const subject of subjects) this.nc.subscribe(subject, { callback });
    return this.nc.flush();
  }

  async iterate(subject: string, take: Take): Promise<void> {
    const messages = this.nc.subscribe(subject);
    await this.nc.flush();
    void (async () => {
      for await (const msg of messages) take(1, msg.data.length);
    })();
  }

  async requestFor(ms: number, subject: string, payload: Uint8Array, inFlight: number): Promise<number> {
    const end = performance.now() + ms;
    const { nc } = this;
    let answers = 0;
    const ask = async () => {
      do {
        await nc.request(subject, payload, { timeout: REQUEST_TIMEOUT });
        answers++;
      } while (performance.now() < end);
    };
    await Promise.all(Array.from({ length: inFlight }, ask));
    return answers;
  }

  /** Publishes with `confirmed`, which settles when this very message is confirmed; so many at a time. */
  protected async eachConfirmed(
    ms: number,
    inFlight: number,
    confirmed: () => Promise<void>,
  ): Promise<number> {
    const end = performance.now() + ms;
    let messages = 0;
    const work = async () => {
      do {
        await confirmed();
        messages++;
      } while (performance.now() < end);
    };
    await Promise.all(Array.from({ length: inFlight }, work));
    return messages;
  }

  async heard(event: "disconnect" | "reconnect"): Promise<void> {
    for await (const { type } of this.nc.status()) if (type === event) break;
  }

  publish(subject: string, payload: Payload): void {
    this.nc.publish(subject, payload);
  }

  flush(): Promise<void> {
    return this.nc.flush();
  }

  close(): Promise<void> {
    return this.nc.close();
  }
}
