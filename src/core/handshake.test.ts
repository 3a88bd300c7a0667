import { describe, expect, it } from "vitest";
import { EngineWorld, Sink } from "../testing/worlds/engine-world.js";
import type { TlsPolicy } from "./tls-policy.js";

/** A world that has dialled. */
function dialled(url = "a", tls: Partial<TlsPolicy> = {}): EngineWorld {
  const world = new EngineWorld(url, { tls: { wish: "offered", first: false, ...tls } });
  world.engine.session.start(0);
  world.pump();
  return world;
}

function secured(world: EngineWorld): EngineWorld {
  world.engine.session.handleSecure(world.epoch, world.now);
  world.pump();
  return world;
}

const asked = (world: EngineWorld) => world.done.filter((line) => /^(?:secure|authenticate)/.test(line));
const failure = (world: EngineWorld) => world.told("attemptFailed")[0]?.error;

describe("TLS", () => {
  it.each([
    ["that the server requires", "a", {}, { tls_required: true }],
    ["that the server offers", "a", {}, { tls_available: true }],
    ["that the options require", "a", { wish: "required" }, { tls_available: true }],
    ["that the URL requires", "tls://a", {}, { tls_required: true }],
  ] as const)("%s is set up before we say who we are", (_title, url, tls, info) => {
    const world = dialled(url, tls);
    world.info(info);
    expect(asked(world)).toEqual(["secure 1"]);
    expect(world.read()).toBe("");
    secured(world);
    expect(asked(world)).toEqual(["secure 1", "authenticate a"]);
    world.engine.session.authenticate(world.epoch, { user: "me" }, 0);
    world.pump();
    expect(world.read()).toMatch(/^CONNECT .*"tls_required":true.*\r\nPING\r\n$/);
    world.serve("PONG\r\nPONG\r\n");
    expect(world.engine.state).toBe("connected");
  });

  it("is not wanted where nobody asks for it", () => {
    const world = dialled();
    world.info();
    expect(asked(world)).toEqual(["authenticate a"]);
  });

  it.each([
    [
      "the server requires and the options refuse",
      "a",
      { wish: "refused" },
      { tls_required: true },
      "TLS_REQUIRED",
    ],
    ["the URL says, and the server has none", "tls://me:secret@a", {}, {}, "TLS_UNAVAILABLE"],
    ["the options want, and the server has none", "me:secret@a", { wish: "required" }, {}, "TLS_UNAVAILABLE"],
  ] as const)("that %s ends the attempt before anything is said", (_title, url, tls, info, code) => {
    const world = dialled(url, tls);
    world.info(info);
    expect(asked(world)).toEqual([]);
    expect(world.read()).toBe("");
    expect(failure(world)).toMatchObject({ code, detail: { option: "tls" } });
    expect(world.told("attemptFailed")[0].cause.kind).toBe("tls");
  });

  it("that is offered is left alone when the options refuse it", () => {
    const world = dialled("a", { wish: "refused" });
    world.info({ tls_available: true });
    expect(asked(world)).toEqual(["authenticate a"]);
  });

  it("can come before INFO, and is not asked for again then", () => {
    const world = dialled("a", { wish: "required", first: true });
    expect(world.done).toEqual(["dial a with TLS"]);
    world.info({ tls_required: true });
    expect(asked(world)).toEqual(["authenticate a"]);
    world.engine.session.authenticate(world.epoch, {}, 0);
    world.pump();
    expect(world.read()).toContain('"tls_required":true');
  });

  it.each(["PING\r\n", "-ERR 'Authorization Violation'\r\n", "INFO {}\r\n", "MSG a 1 1\r\nx\r\n", "P"])(
    "begins where INFO ends: %j behind it in the same read is anyone's, and ends the attempt",
    (text) => {
      const world = dialled();
      world.engine.session.handleOpen(world.epoch, 0);
      world.serve(`INFO {"tls_required":true}\r\n${text}`);
      expect(failure(world)).toMatchObject({ code: "PROTOCOL_ERROR" });
      expect(world.read()).toBe("");
    },
  );

  it("has not begun when a server says that it has no room: that is why the attempt ends", () => {
    const world = dialled();
    world.engine.session.handleOpen(world.epoch, 0);
    world.serve("INFO {\"tls_required\":true}\r\n-ERR 'maximum connections exceeded'\r\n");
    expect(failure(world)).toMatchObject({ code: "MAX_CONNECTIONS_EXCEEDED" });
    expect(world.told("attemptFailed")[0].cause.kind).toBe("overload");
  });

  it("is what makes an INFO's word about other servers count", () => {
    const world = dialled("tls://me:secret@a");
    world.info({ tls_required: true, connect_urls: ["evil:4222"] });
    expect(world.pool.all.map(({ address }) => address.listen)).toEqual(["a:4222"]);
    secured(world);
    expect(world.pool.all.map(({ address }) => address)).toMatchObject([
      { listen: "a:4222" },
      { listen: "evil:4222", scheme: "tls" },
    ]);
  });

  it("that nobody has asked for, or that is too late, is passed over", () => {
    const world = dialled();
    secured(world);
    world.info();
    secured(world);
    expect(asked(world)).toEqual(["authenticate a"]);
    world.engine.session.handleSecure(99, 0);
  });

  it("that takes too long ends the attempt", () => {
    const world = dialled("a b");
    world.info({ tls_required: true });
    world.pass(5000);
    expect(failure(world)).toMatchObject({
      code: "TIMEOUT",
      message: expect.stringContaining("TLS handshake"),
    });
  });
});

describe("messages", () => {
  it("before the link was set up are no messages: a server of before, or somebody between us, could have sent them", () => {
    const world = new EngineWorld("a b").start();
    const sink = new Sink();
    world.engine.subscribe("a", undefined, undefined, sink);
    world.pump();
    world.die();
    world.engine.session.handleOpen(world.epoch, 0);
    world.serve("MSG a 1 4\r\nfake\r\n");
    expect(sink.got).toEqual([]);
    expect(failure(world)).toMatchObject({ code: "PROTOCOL_ERROR" });
  });
});
