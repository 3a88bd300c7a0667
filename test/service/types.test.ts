import type { JsMsg } from "@nats-io/jetstream";
import * as v from "valibot";
import { describe, expect, expectTypeOf, it } from "vitest";
import { z } from "zod";
import type { Connection, Msg } from "../../src/index.js";
import {
  type Codec,
  type ConsumeHandler,
  type ConsumeOptions,
  consume,
  type Delivery,
  type HandleOptions,
  type HandlerFunction,
  handle,
  policy,
  request,
} from "../../src/service/index.js";

interface Order {
  id: number;
}
const codec: Codec<Order> = { decode: (msg) => ({ id: msg.data.length }) };
const later = { decode: async (msg: { string(): string }): Promise<Order> => JSON.parse(msg.string()) };
const schema = z.object({ id: z.string().transform(Number) });
const NAMES = { stream: "orders", durable: "worker" };

/** Checked by the compiler; the calls are never made. */
function types(check: (nc: Connection) => unknown): void {
  expect(check).toBeTypeOf("function");
}

describe("the data of handle()", () => {
  it("are the message with codec none, whatever else is said", () => {
    types((nc) => {
      handle(nc, "a", (msg) => msg.respond("x"), { codec: "none" });
      handle(nc, "a", (msg) => expectTypeOf(msg).toEqualTypeOf<Msg>(), { codec: "none", concurrency: 2 });
      handle(nc, "a", (msg) => expectTypeOf(msg).toEqualTypeOf<Msg>(), {
        codec: "none",
        key: (msg) => expectTypeOf(msg).toEqualTypeOf<Msg>() && msg.subject,
        onError: (error, { attempt }) => [error.code, attempt],
      });
      // @ts-expect-error nothing is decoded: there is nothing for a schema
      handle(nc, "a", (msg: Msg) => msg.subject, { codec: "none", schema });
    });
  });

  it("are what the codec gives", () => {
    types((nc) => {
      handle(nc, "a", (text) => expectTypeOf(text).toEqualTypeOf<string>(), { codec: "string" });
      handle(nc, "a", (bytes) => expectTypeOf(bytes).toEqualTypeOf<Uint8Array>(), { codec: "bytes" });
      handle(nc, "a", (order) => expectTypeOf(order).toEqualTypeOf<Order>(), { codec });
      handle(nc, "a", (order) => expectTypeOf(order).toEqualTypeOf<Order>(), { codec: later });
      handle(nc, "a", (text) => expectTypeOf(text).toEqualTypeOf<string>(), {
        codec: { decode: (msg: { string(): string }) => msg.string(), encode: String },
        key: (text) => text.slice(1),
      });
      // @ts-expect-error a text has no id
      handle(nc, "a", (text) => text.id, { codec: "string" });
    });
  });

  it("are what the schema gives, whatever the codec", () => {
    types((nc) => {
      handle(nc, "a", (order) => expectTypeOf(order).toEqualTypeOf<Order>(), { schema });
      handle(nc, "a", (order) => expectTypeOf(order).toEqualTypeOf<Order>(), { schema, codec: "json" });
      handle(nc, "a", (n) => expectTypeOf(n).toEqualTypeOf<number>(), {
        codec: "string",
        schema: v.pipe(v.string(), v.transform(Number)),
      });
      handle(nc, "a", (order) => expectTypeOf(order).toEqualTypeOf<Order>(), { schema, codec: later });
    });
  });

  it("are else what the caller says", () => {
    types((nc) => {
      handle(nc, "a", (data) => expectTypeOf(data).toEqualTypeOf<unknown>());
      handle(nc, "a", (data) => expectTypeOf(data).toEqualTypeOf<unknown>(), { codec: "json" });
      handle(nc, "a", (order: Order) => order.id, { queue: "q" });
      handle<Order>(nc, "a", (order) => order.id);
      handle<Order>(nc, "a", (order) => order.id, { codec: "json", key: (order) => `${order.id}` });
      handle<Msg>(nc, "a", (msg) => msg.respond("x"), { codec: "none" });
      handle<string>(nc, "a", (text) => text.length, { codec: "string" });
      handle<Order>(nc, "a", (order) => order.id, { codec });
      handle<Order>(nc, "a", (order) => order.id, { codec: { decode: (msg) => JSON.parse(msg.string()) } });
      handle<Order>(nc, "a", (order) => order.id, { codec: codec as Codec });
      // biome-ignore lint/suspicious/noExplicitAny: programs have it
      handle<any>(nc, "a", (order) => order.id, { codec: "bytes" });
    });
    const wrapped = <T>(nc: Connection, handler: HandlerFunction<T>, options?: HandleOptions<T>) =>
      handle(nc, "a", handler, options);
    expect(wrapped).toBeTypeOf("function");
  });
});

describe("the data of consume()", () => {
  it("are a Delivery with codec none, which is a JsMsg", () => {
    expectTypeOf<Delivery>().toExtend<JsMsg>();
    types(async (nc) => {
      await consume(nc, { ...NAMES, codec: "none" }, (msg) => expectTypeOf(msg).toEqualTypeOf<Delivery>());
      await consume(nc, { ...NAMES, codec: "none" }, (msg: JsMsg) => msg.seq);
      const options = { ...NAMES, codec: "none", key: (msg: Delivery) => msg.subject } as const;
      await consume(nc, options, (msg, { sequence }) => msg.seq === sequence);
      // @ts-expect-error nothing is decoded: there is nothing for a schema
      await consume(nc, { ...NAMES, codec: "none", schema }, (msg: Delivery) => msg.seq);
    });
  });

  it("are what schema or codec give, or the caller says", () => {
    types(async (nc) => {
      const { stream, durable } = NAMES;
      await consume(nc, { ...NAMES, codec: "string" }, (text) => expectTypeOf(text).toEqualTypeOf<string>());
      await consume(nc, { ...NAMES, codec: "bytes" }, (is) => expectTypeOf(is).toEqualTypeOf<Uint8Array>());
      await consume(nc, { ...NAMES, codec }, (order) => expectTypeOf(order).toEqualTypeOf<Order>());
      await consume(nc, { ...NAMES, codec: { decode: (msg) => msg.string() } }, (text) =>
        expectTypeOf(text).toEqualTypeOf<string>(),
      );
      await consume(nc, { ...NAMES, schema }, (order) => expectTypeOf(order).toEqualTypeOf<Order>());
      await consume(nc, { ...NAMES, schema, codec: "string" }, (order) =>
        expectTypeOf(order).toEqualTypeOf<Order>(),
      );
      await consume(nc, { stream, durable, key: () => "k" }, (data) =>
        expectTypeOf(data).toEqualTypeOf<unknown>(),
      );
      await consume<Order>(nc, { ...NAMES, key: ({ id }) => `${id}` }, (order) => order.id);
      await consume<Delivery>(nc, { ...NAMES, codec: "none" }, (msg) => msg.seq);
      await consume<Order>(nc, { ...NAMES, codec: codec as Codec }, (order) => order.id);
      await consume(nc, NAMES, (order: Order) => order.id);
    });
    const wrapped = <T>(nc: Connection, options: ConsumeOptions<T>, handler: ConsumeHandler<T>) =>
      consume(nc, options, handler);
    expect(wrapped).toBeTypeOf("function");
  });
});

describe("the answer of request()", () => {
  it("is what schema or codec give, be they beside a policy or in its place", () => {
    types(async (nc) => {
      const by = policy();
      expectTypeOf(await request(nc, "a", 1, { codec: "none" })).toEqualTypeOf<Msg>();
      expectTypeOf(await request(nc, "a", 1, { codec: "none", retry: 3 })).toEqualTypeOf<Msg>();
      expectTypeOf(await request(nc, "a", 1, by, { codec: "none" })).toEqualTypeOf<Msg>();
      expectTypeOf(await request(nc, "a", 1, undefined, { codec: "none" })).toEqualTypeOf<Msg>();
      expectTypeOf(await request(nc, "a", 1, { codec: "string" })).toEqualTypeOf<string>();
      expectTypeOf(await request(nc, "a", 1, by, { codec: "string" })).toEqualTypeOf<string>();
      expectTypeOf(await request(nc, "a", 1, { codec: "bytes" })).toEqualTypeOf<Uint8Array>();
      expectTypeOf(await request(nc, "a", 1, by, { codec: "bytes" })).toEqualTypeOf<Uint8Array>();
      expectTypeOf(await request(nc, "a", 1, { codec })).toEqualTypeOf<Order>();
      expectTypeOf(await request(nc, "a", 1, by, { codec: later })).toEqualTypeOf<Order>();
      const inline = await request(nc, "a", 1, { codec: { decode: (msg) => msg.data.length } });
      expectTypeOf(inline).toEqualTypeOf<number>();
      expectTypeOf(await request(nc, "a", 1, { schema })).toEqualTypeOf<Order>();
      expectTypeOf(await request(nc, "a", 1, by, { schema, codec: "string" })).toEqualTypeOf<Order>();
      expectTypeOf(await request(nc, "a", 1, { schema, codec })).toEqualTypeOf<Order>();
    });
  });

  it("is else what the caller says", () => {
    types(async (nc) => {
      expectTypeOf(await request(nc, "a")).toEqualTypeOf<unknown>();
      expectTypeOf(await request(nc, "a", 1, { codec: "json" })).toEqualTypeOf<unknown>();
      expectTypeOf(await request<Order>(nc, "a", 1, policy())).toEqualTypeOf<Order>();
      expectTypeOf(await request<Msg>(nc, "a", 1, { codec: "none" })).toEqualTypeOf<Msg>();
      expectTypeOf(await request<Order>(nc, "a", 1, { codec: codec as Codec })).toEqualTypeOf<Order>();
      // biome-ignore lint/suspicious/noExplicitAny: programs have it
      expectTypeOf(await request<any>(nc, "a", 1, { codec: "string" })).toEqualTypeOf<any>();
      const order: Order = await request(nc, "a", 1, { codec: "json" });
      return order;
    });
  });
});
