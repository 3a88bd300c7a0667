import { errors, headers, type Msg } from "@nats-io/nats-core";
import { Feature } from "@nats-io/nats-core/internal";
import { expect, it } from "vitest";
import { rejection, thrown, until } from "../support/until.js";
import { type EitherConnection, onBothClients } from "./both-clients.js";

interface Connz {
  connections: {
    cid: number;
    in_msgs: number;
    out_msgs: number;
    in_bytes: number;
    out_bytes: number;
    subscriptions_list?: string[];
  }[];
}

onBothClients("a connection", { monitor: true }, (stage) => {
  /** What the server says of the connection. */
  async function seen(nc: EitherConnection) {
    await nc.flush();
    const url = `http://127.0.0.1:${stage.server.monitorPort}/connz?subs=true&cid=${nc.info?.client_id}`;
    const { connections } = (await (await fetch(url)).json()) as Connz;
    return connections[0];
  }

  it("info, features and version, until it is closed", async () => {
    const nc = await stage.connect();
    expect(nc.info).toMatchObject({ host: "127.0.0.1", port: stage.server.port, headers: true, proto: 1 });
    expect(nc.info?.client_ip).toBe("127.0.0.1");
    const version = nc.getServerVersion()!;
    expect(nc.info?.version).toMatch(new RegExp(`^${version.major}.${version.minor}.${version.micro}`));
    expect(nc.features.get(Feature.JS_KV)).toEqual({ min: "2.6.2", ok: true });
    expect([nc.features.require("2.8.2"), nc.features.require("99.0.0")]).toEqual([true, false]);
    expect(nc.getServer()).toBe(stage.server.hostport);
    expect(nc.getServers().map(({ listen }) => listen)).toEqual([stage.server.hostport]);
    await nc.close();
    expect([nc.info, nc.getServerVersion(), nc.isClosed()]).toEqual([undefined, undefined, true]);
  });

  it("context(): what the server knows of it", async () => {
    const nc = await stage.connect();
    const { server, data } = await nc.context();
    expect(data.account).toBe("$G");
    expect(server.id).toBe(nc.info?.server_id);
    expect(server.time).toBeInstanceOf(Date);
  });

  it("rtt() and flush()", async () => {
    const nc = await stage.connect();
    expect(await nc.rtt()).toBeGreaterThanOrEqual(0);
    expect(await nc.flush()).toBeUndefined();
    await nc.close();
    expect(await rejection(nc.rtt())).toBeInstanceOf(errors.ClosedConnectionError);
    expect(await rejection(nc.flush())).toBeInstanceOf(errors.ClosedConnectionError);
  });

  it("stats() are the server's counters", async () => {
    const nc = await stage.connect();
    const check = async () => {
      const { in_msgs, out_msgs, in_bytes, out_bytes } = await seen(nc);
      const counted = { outMsgs: in_msgs, inMsgs: out_msgs, outBytes: in_bytes, inBytes: out_bytes };
      expect(nc.stats()).toMatchObject(counted);
    };
    await check();
    nc.publish("hello", "world");
    await check();
    nc.subscribe("hello", { callback: () => {} });
    nc.publish("hello", "hi", { reply: "some.where" });
    await check();
    const hdrs = headers();
    hdrs.set("x", "a value");
    nc.publish("hello", "hello", { headers: hdrs });
    await check();
    expect(nc.stats()).toMatchObject({ outMsgs: 3, inMsgs: 2 });
  });

  it("_resub() takes the interest away from the server", async () => {
    const nc = await stage.connect();
    const sub = nc.subscribe("a", { callback: () => {} });
    expect((await seen(nc)).subscriptions_list).toEqual(["a"]);
    nc._resub(sub, "b");
    expect((await seen(nc)).subscriptions_list).toEqual(["b"]);
    sub.unsubscribe();
    expect((await seen(nc)).subscriptions_list ?? []).toEqual([]);
  });

  it("no request leaves a subscription behind, but the shared inbox", async () => {
    const nc = await stage.connect();
    nc.subscribe("mute", { callback: () => {} });
    for (const noMux of [true, false]) {
      await rejection(nc.request("mute", "", { timeout: 10, noMux }));
      await rejection(nc.request("nobody", "", { timeout: 1000, noMux }));
      for await (const _ of await nc.requestMany("mute", "", { maxWait: 10, noMux }));
    }
    expect((await seen(nc)).subscriptions_list?.length).toBe(2);
  });

  it("what is refused is refused with nats-core's classes", async () => {
    const nc = await stage.connect();
    for (const subject of ["", "a b", "a\r\nb"]) {
      expect(thrown(() => nc.publish(subject))).toBeInstanceOf(errors.InvalidSubjectError);
      expect(thrown(() => nc.subscribe(subject))).toBeInstanceOf(errors.InvalidSubjectError);
      expect(await rejection(nc.request(subject))).toBeInstanceOf(errors.InvalidSubjectError);
      expect(await rejection(nc.requestMany(subject))).toBeInstanceOf(errors.InvalidSubjectError);
    }
    expect(thrown(() => nc.publish("a", "", { reply: "b c" }))).toBeInstanceOf(errors.InvalidSubjectError);
    expect(thrown(() => nc.setServers([]))).toBeInstanceOf(errors.InvalidArgumentError);
  });

  it("draining takes no subscriptions, and is not drained twice; closed takes nothing", async () => {
    const nc = await stage.connect();
    const draining = nc.drain();
    expect(nc.isDraining()).toBe(true);
    expect(thrown(() => nc.subscribe("a"))).toBeInstanceOf(errors.DrainingConnectionError);
    expect(await rejection(nc.drain())).toBeInstanceOf(errors.DrainingConnectionError);
    expect(await rejection(nc.reconnect())).toBeInstanceOf(errors.DrainingConnectionError);
    await nc[Symbol.asyncDispose]();
    await draining;
    expect([nc.isClosed(), await nc.closed()]).toEqual([true, undefined]);
    for (const call of [() => nc.publish("a"), () => nc.subscribe("a")])
      expect(thrown(call)).toBeInstanceOf(errors.ClosedConnectionError);
    for (const call of [() => nc.request("a"), () => nc.drain(), () => nc.reconnect()])
      expect(await rejection(call())).toBeInstanceOf(errors.ClosedConnectionError);
    await nc[Symbol.asyncDispose]();
    await nc.close();
  });

  it("close listeners are told once, unless they are removed; one that throws harms nobody", async () => {
    const nc = await stage.connect();
    const told: string[] = [];
    const listener = (name: string) => ({
      connectionClosedCallback: () => {
        told.push(name);
        if (name === "bad") throw new Error("mine");
      },
    });
    const removed = listener("removed");
    for (const one of [listener("bad"), removed, listener("good")]) nc.addCloseListener(one);
    nc.removeCloseListener(removed);
    await nc.close();
    await nc.closed();
    expect(told).toEqual(["bad", "good"]);
  });

  it("noEcho: gets what others publish, not its own", async () => {
    const nc = await stage.connect({ noEcho: true });
    const other = await stage.connect();
    const got: string[] = [];
    nc.subscribe("a", { callback: (_, msg) => void got.push(msg.string()) });
    await nc.flush();
    nc.publish("a", "mine");
    await nc.flush();
    other.publish("a", "theirs");
    await other.drain();
    await nc.drain();
    expect(got).toEqual(["theirs"]);
  });

  it("a message can be traced, with or without being delivered", async () => {
    const nc = await stage.connect();
    const traces: { events: { type: string }[] }[] = [];
    const got: Msg[] = [];
    nc.subscribe("traces", { callback: (_, msg) => void traces.push(msg.json()) });
    nc.subscribe("a", {
      callback: (_, msg) => {
        got.push(msg);
        msg.respond("answer");
      },
    });
    nc.publish("a", "delivered", { traceDestination: "traces" });
    await until(() => traces.length === 1, "a trace");
    nc.publish("a", "", { traceDestination: "traces", traceOnly: true });
    await until(() => traces.length === 2, "a trace of nothing");
    expect(got.map((msg) => msg.string())).toEqual(["delivered"]);
    for (const { events } of traces) expect(events.map(({ type }) => type)).toContain("in");
    const answer = await nc.request("a", "asked", { timeout: 5000, traceDestination: "traces" });
    expect(answer.string()).toBe("answer");
    await until(() => traces.length === 3, "a trace of a request");
  });
});
