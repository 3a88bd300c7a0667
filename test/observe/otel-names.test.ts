import { describe, expect, it } from "vitest";
import { connect } from "../../src/index.js";
import { instrument } from "../../src/observe/otel/index.js";
import { rejection, until } from "../support/until.js";
import { usePair } from "./otel-pair.js";

const two = usePair();

describe("names", () => {
  it("subjects are in names of spans only through a template", async () => {
    two.sending.stop();
    two.receiving.stop();
    const template = (subject: string) => (subject.startsWith("orders.") ? "orders.{id}" : undefined);
    instrument(two.sender, { ...two.sent.options, template });
    instrument(two.receiver, { ...two.handled.options, template });
    await two.handle("*.*", (_, msg) => msg.respond());
    await two.sender.request("orders.17");
    two.sender.publish("others.17");
    const request = await two.sent.span("request orders.{id}");
    expect(request.attributes).toMatchObject({
      "messaging.destination.name": "orders.17",
      "messaging.destination.template": "orders.{id}",
    });
    await two.handled.span("process orders.{id}");
    await two.handled.span("process");
    expect((await two.sent.span("publish")).attributes).not.toHaveProperty("messaging.destination.template");
    // The reply, which goes to an inbox.
    await two.handled.span("publish");
  });

  it("and nowhere when they are hidden, also not in the texts of errors", async () => {
    two.sending.stop();
    two.receiving.stop();
    const template = () => "x.{secret}";
    instrument(two.sender, { ...two.sent.options, subjects: false, template });
    instrument(two.receiver, { ...two.handled.options, subjects: false, template });
    await two.handle("secret.*", (_, msg) => {
      msg.respond();
      throw new Error(`cannot handle ${msg.subject}`);
    });
    await two.sender.request("secret.17");
    await rejection(two.sender.request("none.secret.17"));
    expect(() => two.sender.publish("secret.17 ")).toThrow();
    await until(() => two.handled.spans.length === 2 && two.sent.spans.length === 3, "all");
    const all = [...two.sent.spans, ...two.handled.spans].map(
      ({ name, attributes, status, events, links }) => ({
        name,
        attributes,
        status,
        events: events.map((event) => [event.name, event.attributes]),
        links: links.length,
      }),
    );
    const text = JSON.stringify(all);
    expect(text).not.toContain("secret.17");
    expect(text).not.toContain("secret.*");
    expect(text).not.toContain("_INBOX");
    expect(all.map(({ name }) => name).toSorted()).toEqual([
      "process x.{secret}",
      "publish",
      "publish x.{secret}",
      "request x.{secret}",
      "request x.{secret}",
    ]);
  });
});

describe("stop()", () => {
  it("makes the connection as it was", async () => {
    await using nc = await connect({ servers: two.server.url });
    const before = Reflect.ownKeys(nc).toSorted();
    const on = instrument(nc, two.sent.options);
    expect(Reflect.ownKeys(nc).length).toBeGreaterThan(before.length);
    expect(Object.keys(nc)).toEqual(Object.keys({ ...nc }));
    let calls = 0;
    nc.subscribe("a", { callback: () => calls++ });
    on.stop();
    on.stop();
    expect(Reflect.ownKeys(nc).toSorted()).toEqual(before);
    nc.publish("a");
    await nc.flush();
    await until(() => calls === 1, "the message");
    await nc.request("nobody").catch(() => {});
    expect(on.process({ subject: "a", data: new Uint8Array(0) }, () => 1)).toBe(1);
    expect(two.sent.spans).toEqual([]);
    instrument(nc, two.sent.options).stop();
  });

  it("leaves what others have put over it, which goes through as if nothing was there", async () => {
    const { publish } = two.sender;
    const over = (...args: Parameters<typeof publish>) => publish(...args);
    two.sender.publish = over;
    two.sending.stop();
    expect(two.sender.publish).toBe(over);
    two.sender.publish("a");
    expect(two.sent.spans).toEqual([]);
  });

  it("puts back what others had put there before", async () => {
    await using nc = await connect({ servers: two.server.url });
    const own = nc.publish.bind(nc);
    nc.publish = own;
    instrument(nc, two.sent.options).stop();
    expect(Object.getOwnPropertyDescriptor(nc, "publish")).toEqual({
      value: own,
      writable: true,
      enumerable: true,
      configurable: true,
    });
  });

  it("is done by the end of the connection", async () => {
    await two.sender.close();
    await until(() => !Object.hasOwn(two.sender, "publish"), "the end");
  });
});
