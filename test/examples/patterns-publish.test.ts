import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { jetstream, jetstreamManager } from "@nats-io/jetstream";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { type Connection, connect } from "../../src/index.js";
import { NatsServer } from "../../src/testing/server.js";
import { Examples } from "../support/examples.js";
import { range, Witness } from "./witness.js";

let examples: Examples;
beforeAll(async () => {
  examples = await Examples.make(["lmdb"]);
}, 60_000);
afterAll(() => examples?.[Symbol.asyncDispose]());

describe("buffer-aware-publisher", () => {
  it("saves what is critical in an outage, buffers the rest, and publishes both behind it", async () => {
    await using server = await NatsServer.start({ jetstream: true });
    await using witness = await Witness.start(server, ["payments", "prices"]);
    const example = examples.start("patterns/buffer-aware-publisher", {
      servers: server.url,
      env: { EVERY: "2" },
    });
    await example.says(/"state":"connected","saved":0/);
    await server.kill();
    await example.says(/^disconnected: publishing into the buffer$/);
    await example.says(/"state":"reconnecting","saved":\d\d\d?,"pending":\d\d/);
    await example.says(/^too large for the server: reports$/);
    await server.restart();
    const [, again] = await example.says(/^reconnected: (\d+) saved messages published$/);
    expect(Number(again)).toBeGreaterThan(10);
    await example.says(/"state":"connected","saved":0/);
    example.signal("SIGTERM");
    const [, published] = await example.says(/^published (\d+)$/);
    await example.ended();
    expect(example).toMatchObject({ code: 0, stderr: "" });
    expect(await witness.numbers("payments")).toEqual(range(0, Number(published)));
    expect(await witness.numbers("prices")).toEqual(range(1, Number(published)));
    expect(example.text).not.toContain("dropped");
  });

  it("warns when the buffer is nearly full, and tells what it has dropped", async () => {
    await using server = await NatsServer.start({ jetstream: true });
    await using witness = await Witness.start(server, ["payments", "prices"]);
    const env = { EVERY: "2", NATS_MAX_BUFFERED_MESSAGES: "50" };
    const example = examples.start("patterns/buffer-aware-publisher", { servers: server.url, env });
    await example.says(/"state":"connected"/);
    await server.kill();
    await example.says(/^buffer high: 8\d % full$/);
    await example.says(/^dropped: \d+/);
    await example.says(/"state":"reconnecting",.*"pending":[5-9]\d\D/);
    await server.restart();
    await example.says(/^buffer normal: /);
    example.signal("SIGTERM");
    const [, published] = await example.says(/^published (\d+)$/);
    await example.ended();
    const dropped = [...example.text.matchAll(/^dropped: (.*)$/gm)].flatMap(([, numbers]) =>
      numbers!.split(",").map(Number),
    );
    const [, last] = /"number":(\d+),[^\n]*\n(?:too large[^\n]*\n)?disconnected/.exec(example.text)!;
    expect(dropped[0]).toBeLessThan(Number(last) + 40); // the oldest, not those for which there was no room
    const arrived = await witness.numbers("prices");
    expect(arrived).toEqual(range(1, Number(published)).filter((number) => !dropped.includes(number)));
    expect(await witness.numbers("payments")).toEqual(range(0, Number(published))); // none of those
  });
});

describe("resilient-publisher", () => {
  /** Numbers that were told as lost: for certain, and those that were on their way when the link died. */
  function lostOf(lines: readonly string[]): { certain: number[]; maybe: number[] } {
    const lost = { certain: [] as number[], maybe: [] as number[] };
    for (const line of lines) {
      const [, number, more] = /^lost readings (\d+): \S+ after \d+ ms(.*)$/.exec(line) ?? [];
      if (number !== undefined) lost[more === "" ? "certain" : "maybe"].push(Number(number));
    }
    return lost;
  }

  it("keeps what is published in an outage, and sends it in order", async () => {
    await using server = await NatsServer.start({ jetstream: true });
    await using witness = await Witness.start(server, ["readings"]);
    const example = examples.start("patterns/resilient-publisher", {
      servers: server.url,
      env: { EVERY: "1" },
    });
    for (const waiting of [100, 200]) {
      await example.says(/^\d+ published, \d waiting$/);
      await server.kill();
      await example.says(/^disconnected$/);
      await example.says(new RegExp(`^\\d+ published, ${waiting / 100}\\d\\d waiting$`));
      await server.restart();
      await example.says(/^reconnected: \d+ still to go$/);
    }
    example.signal("SIGTERM");
    const [, text] = await example.says(/^(\{.*\})$/);
    await example.ended();
    const { published, confirmed, dropped } = JSON.parse(text!);
    expect([confirmed, dropped, example.code]).toEqual([published, 0, 0]);
    expect(await witness.numbers("readings")).toEqual(range(1, published));
  });

  it("tells which messages were too old to be sent, and sends the others in order", async () => {
    await using server = await NatsServer.start({ jetstream: true });
    await using witness = await Witness.start(server, ["readings"]);
    const env = { EVERY: "1", MAX_AGE: "300" };
    const example = examples.start("patterns/resilient-publisher", { servers: server.url, env });
    await example.says(/^\d+ published, \d waiting$/);
    await server.kill();
    await example.says(/^lost readings \d+: ttl after \d+ ms$/);
    await server.restart();
    await example.says(/^reconnected: /);
    await example.says(/^\d+ published, \d waiting$/);
    example.signal("SIGTERM");
    const [, text] = await example.says(/^(\{.*\})$/);
    await example.ended();
    const { published, dropped } = JSON.parse(text!);
    const { certain, maybe } = lostOf(example.lines);
    expect(certain.length).toBeGreaterThan(0);
    expect(certain.length + maybe.length).toBe(dropped);
    const arrived = await witness.numbers("readings");
    const without = (numbers: number[], others: number[]) =>
      numbers.filter((number) => !others.includes(number));
    expect(without(arrived, maybe)).toEqual(without(range(1, published), [...certain, ...maybe]));
    expect(example.text).not.toMatch(/drop-newest|no room/);
  });

  it("tells what found no room", async () => {
    await using server = await NatsServer.start({ jetstream: true });
    await using witness = await Witness.start(server, ["readings"]);
    const env = { EVERY: "1", NATS_MAX_BUFFERED_MESSAGES: "100" };
    const example = examples.start("patterns/resilient-publisher", { servers: server.url, env });
    await example.says(/^\d+ published, \d waiting$/);
    await server.kill();
    await example.says(/^no room for \d+$/);
    await example.says(/^lost readings \d+: drop-newest after 0 ms$/);
    await example.says(/^\d+ published, 1\d\d waiting$/);
    await server.restart();
    await example.says(/^reconnected: /);
    await example.says(/^\d+ published, \d waiting$/);
    example.signal("SIGTERM");
    const [, text] = await example.says(/^(\{.*\})$/);
    await example.ended();
    const { certain } = lostOf(example.lines);
    const { published, dropped } = JSON.parse(text!);
    expect(certain).toHaveLength(dropped);
    expect(await witness.numbers("readings")).toEqual(
      range(1, published).filter((number) => !certain.includes(number)),
    );
  });
});

describe("durable-publisher", () => {
  /** Numbers that it has said are on disk. */
  const storedOf = (lines: readonly string[]) =>
    lines.flatMap((line) => /^stored (\d+)$/.exec(line)?.slice(1).map(Number) ?? []);

  it("has each message in the stream once that was on disk when it and all servers were killed", async () => {
    await using server = await NatsServer.start({ jetstream: true });
    const folder = mkdtempSync(join(tmpdir(), "holdfast-durable-"));
    try {
      const start = (from: number) =>
        examples.start("patterns/durable-publisher", {
          servers: server.url,
          env: { EVERY: "5", OUTBOX: join(folder, "outbox"), FROM: String(from) },
        });
      const first = start(0);
      await first.says(/^connected: \d+ to be sent$/);
      await first.says(/^stored \d\d$/);
      await server.kill();
      await first.says(/^disconnected: on disk only$/);
      for (let further = 0; further < 20; further++) await first.says(/^stored \d+$/);
      first.signal("SIGKILL");
      await first.ended();
      const second = start(100_000);
      const [, left] = await second.says(/^(\d+) messages of an earlier process are on disk$/);
      expect(Number(left)).toBeGreaterThanOrEqual(20);
      await second.says(/^stored 100005$/); // with no server yet
      await server.restart();
      await second.says(/^connected: \d\d+ to be sent$/);
      second.signal("SIGTERM");
      await second.says(/"left":0}$/);
      await second.ended();
      expect(second).toMatchObject({ code: 0, stderr: "" });
      await using nc = await connect({ servers: server.url });
      const stored = await numbersIn(nc, "METERS");
      expect(stored).toEqual([...new Set(stored)].toSorted((one, other) => one - other));
      const missing = new Set([...storedOf(first.lines), ...storedOf(second.lines)]);
      for (const number of stored) missing.delete(number);
      expect([...missing]).toEqual([]);
    } finally {
      rmSync(folder, { recursive: true, force: true });
    }
  });
});

/** All of a stream, in its order. */
async function numbersIn(nc: Connection, stream: string): Promise<number[]> {
  const { state } = await (await jetstreamManager(nc)).streams.info(stream);
  const consumer = await jetstream(nc).consumers.get(stream);
  const numbers: number[] = [];
  while (numbers.length < state.messages) {
    for await (const msg of await consumer.fetch({ max_messages: 1_000, expires: 1_000 }))
      numbers.push(Number(msg.string()));
  }
  return numbers;
}
