import { describe, expect, it } from "vitest";
import { connect, isHoldfastError } from "../../../src/index.js";
import { NatsServer } from "../../../src/testing/server.js";
import { until } from "../../support/until.js";
import { MemoryOutbox } from "./memory-outbox.js";

/** Nobody listens there. */
const NOWHERE = "127.0.0.1:1";

describe("option outbox", () => {
  it("brings the two together before the first attempt, and parts them when the connection has ended", async () => {
    await using server = await NatsServer.start();
    const outbox = new MemoryOutbox();
    const states: string[] = [];
    const { attach } = MemoryOutbox.prototype;
    outbox.attach = (nc) => {
      states.push(nc.state);
      attach.call(outbox, nc);
    };
    const nc = await connect({ servers: server.url, outbox });
    expect(states).toEqual(["disconnected"]);
    expect(outbox.nc).toBe(nc);
    expect(outbox.detached).toBe(0);
    await nc.close();
    expect([outbox.attached, outbox.detached]).toEqual([1, 1]);
    const next = await connect({ servers: server.url, outbox, overflow: "outbox" });
    await next.drain();
    expect([outbox.attached, outbox.detached]).toEqual([2, 2]);
  });

  it("of another connection is refused, and that one goes on", async () => {
    await using server = await NatsServer.start();
    const outbox = new MemoryOutbox();
    const nc = await connect({ servers: server.url, outbox });
    await expect(connect({ servers: server.url, outbox })).rejects.toThrow("it has another connection");
    expect([outbox.nc, outbox.attached, outbox.detached]).toEqual([nc, 1, 0]);
    await nc.flush();
    await nc.close();
    expect(outbox.detached).toBe(1);
  });

  it("that throws what is no error refuses the connection all the same", async () => {
    const outbox = new MemoryOutbox();
    outbox.attach = () => {
      throw "no";
    };
    await expect(connect({ servers: NOWHERE, outbox })).rejects.toBeInstanceOf(Error);
  });

  it("has let go when connect() fails", async () => {
    const outbox = new MemoryOutbox();
    let release: (() => void) | undefined;
    outbox.detach = () => new Promise((resolve) => (release = resolve));
    let failed: unknown;
    const connecting = connect({ servers: NOWHERE, outbox }).catch((error) => (failed = error));
    await until(() => release !== undefined, "the end of the attempt");
    expect(failed).toBeUndefined();
    release?.();
    await connecting;
    expect(failed).toMatchObject({ code: "CONNECTION_REFUSED" });
    expect(isHoldfastError(failed)).toBe(true);
  });

  it.each(["close", "drain", "closed"] as const)("has let go when %s() settles", async (how) => {
    await using server = await NatsServer.start();
    const outbox = new MemoryOutbox();
    let release: (() => void) | undefined;
    outbox.detach = () => new Promise((resolve) => (release = resolve));
    const nc = await connect({ servers: server.url, outbox });
    let settled = false;
    const ended = (how === "closed" ? nc.closed() : nc[how]()).then(() => (settled = true));
    if (how === "closed") void nc.close();
    await until(() => release !== undefined, "detach()");
    expect(nc.isClosed()).toBe(true);
    await new Promise((resolve) => setImmediate(resolve));
    expect(settled).toBe(false);
    release?.();
    await ended;
  });

  it("is told of what it does wrong by events of the connection", async () => {
    await using server = await NatsServer.start();
    const outbox = new MemoryOutbox();
    outbox.detach = () => Promise.reject(new Error("the disk is gone"));
    const nc = await connect({ servers: server.url, outbox });
    const errors: Error[] = [];
    nc.on("error", (error) => errors.push(error));
    await nc.close();
    expect(errors).toMatchObject([{ code: "CALLBACK_FAILED", option: "outbox" }]);
    expect(errors[0].message).toContain("the disk is gone");
  });

  it.each([
    [{ overflow: "outbox" }, "overflow"],
    [{ overflow: "reject", outbox: new MemoryOutbox() }, "overflow"],
    [{ outbox: "/var/lib/outbox" }, "outbox"],
    [{ outbox: Promise.resolve(new MemoryOutbox()) }, "outbox"],
  ])("is refused as %o", async (options, option) => {
    await expect(connect({ servers: NOWHERE, ...(options as object) })).rejects.toMatchObject({
      code: "INVALID_OPTION",
      option,
    });
  });
});
