import { afterAll, afterEach, beforeAll, beforeEach, expect } from "vitest";
import { type Connection, connect, type Msg } from "../../src/index.js";
import { type Instrumentation, instrument } from "../../src/observe/otel/index.js";
import { NatsServer } from "../../src/testing/server.js";
import { Collected, useContextManager } from "./otel-collected.js";

/** What sends, and what handles: two connections, each with an SDK of its own, as in two processes. */
export interface Pair {
  server: NatsServer;
  sender: Connection;
  receiver: Connection;
  /** Spans of the sender. */
  sent: Collected;
  /** Spans of the receiver. */
  handled: Collected;
  sending: Instrumentation;
  receiving: Instrumentation;
  /** Subscribes the receiver; settles when the server knows. */
  handle(
    subject: string,
    callback: (error: Error | null, msg: Msg) => unknown,
    queue?: string,
  ): Promise<void>;
}

/** A pair for each test of a file, on one server. Rejections that nobody has handled fail the file. */
export function usePair(): Pair {
  const pair = {
    async handle(subject, callback, queue) {
      pair.receiver.subscribe(subject, { callback, queue });
      await pair.receiver.flush();
    },
  } as Pair;
  let manager: { disable(): void };
  const unhandled: unknown[] = [];
  const note = (reason: unknown) => unhandled.push(reason);
  beforeAll(async () => {
    manager = useContextManager();
    process.on("unhandledRejection", note);
    pair.server = await NatsServer.start();
  });
  afterAll(async () => {
    await pair.server?.close();
    manager.disable();
    process.off("unhandledRejection", note);
    expect(unhandled).toEqual([]);
  });
  beforeEach(async () => {
    pair.sent = new Collected();
    pair.handled = new Collected();
    pair.sender = await connect({ servers: pair.server.url, name: "sender" });
    pair.receiver = await connect({ servers: pair.server.url, name: "receiver" });
    pair.sending = instrument(pair.sender, pair.sent.options);
    pair.receiving = instrument(pair.receiver, pair.handled.options);
  });
  afterEach(async () => {
    await pair.sender.close();
    await pair.receiver.close();
  });
  return pair;
}
