import type { Clock } from "./clock.js";
import type { PeerSettings } from "./dashboard-options.js";
import { EventParser } from "./event-parser.js";
import { askPeer } from "./peer-request.js";
import type { ConnectionView, Hello, LogView, Sample } from "./protocol.js";
import { PROTOCOL_VERSION } from "./protocol.js";
import { Misfit, toConnectionView, toHello, toLog, toSample } from "./shapes.js";

/** What is taken of another process in a second: our own send far less, also in a storm. */
const MOST_EVENTS = 2_000;
const MOST_BYTES = 16 * 1024 * 1024;

/** Hears what another process says. */
export interface PeerListener {
  hello(hello: Hello): void;
  connection(view: ConnectionView): void;
  sample(sample: Sample): void;
  log(line: { connection: string; entry: LogView }): void;
  /** It has ended, or could not be begun; nothing comes behind it. */
  ended(reason: string): void;
}

/**
 * Reads the stream of another process. That is not trusted: what it sends is bounded in size and number, and only copies of what is known are passed
 * on.
 *
 * @returns how to end it: then nothing is called any more
 */
export function readPeer(peer: PeerSettings, clock: Clock, listener: PeerListener): () => void {
  let greeted = false;
  let second = Number.NEGATIVE_INFINITY;
  let events = 0;
  let bytes = 0;
  const handlers: Readonly<Record<string, (data: unknown) => void>> = {
    connection: (data) => listener.connection(toConnectionView(data)),
    sample: (data) => listener.sample(toSample(data)),
    log: (data) => listener.log(toLog(data)),
  };
  const parser = new EventParser((event, data) => {
    if (++events > MOST_EVENTS) throw new RangeError("it sends too much");
    if (event === "hello") {
      const hello = JSON.parse(data) as Partial<Hello> | null;
      const version = hello?.version;
      if (Number.isInteger(version) && version !== PROTOCOL_VERSION) {
        throw new Misfit(
          `it speaks version ${version} of the protocol, and this process ${PROTOCOL_VERSION}`,
        );
      }
      greeted = true;
      listener.hello(toHello(hello));
    } else if (greeted && Object.hasOwn(handlers, event)) handlers[event](JSON.parse(data));
  });
  let end = () => {};
  let over = false;
  const stop = (reason: string) => {
    if (over) return;
    over = true;
    end();
    listener.ended(reason);
  };
  end = askPeer(peer, clock, "events", "text/event-stream", {
    onEnd: ({ reason }) => stop(reason),
    onAnswer: (res) => {
      res.on("data", (chunk: Buffer) => {
        if (over) return;
        const now = clock.elapsed();
        if (now - second >= 1_000) {
          second = now;
          events = 0;
          bytes = 0;
        }
        bytes += chunk.length;
        if (bytes > MOST_BYTES) return stop("it sends too much");
        try {
          parser.read(chunk);
        } catch (error) {
          stop(reasonOf(error));
        }
      });
    },
  });
  return () => {
    over = true;
    end();
  };
}

/** What the other process has sent is not repeated. */
function reasonOf(error: unknown): string {
  return error instanceof Misfit || error instanceof RangeError ? error.message : "it sends what is no JSON";
}
