import { describe, expect, it } from "vitest";
import { OPTIONS } from "../testing/worlds/engine-options.js";
import { EngineWorld } from "../testing/worlds/engine-world.js";
import { parseAddress } from "./address.js";
import { STAGGER } from "./attempts.js";

/** A world whose first dial is under way; `reach` tells that the last one has arrived at one of so many addresses. */
function world(urls: string, options: ConstructorParameters<typeof EngineWorld>[1] = {}) {
  const world = new EngineWorld(urls, { timeout: 5000, ...options });
  world.engine.session.start(0);
  world.pump();
  const reach = (addresses: number) => {
    world.engine.session.handleReached(world.epoch, addresses, world.now);
    world.pump();
  };
  const dials = () => world.done.filter((entry) => entry.startsWith("dial ")).length;
  return { world, reach, dials };
}

describe("a name with several addresses", () => {
  it("is dialled at another one a head start after the first has been reached and keeps silent", () => {
    const { world: w, reach, dials } = world("a");
    reach(2);
    w.pass(STAGGER - 1);
    expect(dials()).toBe(1);
    w.pass(1);
    expect(dials()).toBe(2);
    w.accept();
    expect(w.told("connect")).toHaveLength(1);
    expect(w.done).toContain("reset 1");
    expect(w.engine.timeout).toBeGreaterThan(w.now + 5000);
  });

  it("is dialled at a third one as long after the second, and at a fourth; there are no more than four", () => {
    const { world: w, reach, dials } = world("a");
    const at: number[] = [];
    for (let ms = 0; ms < 4900; ms += 10) {
      if (dials() > at.length) {
        at.push(w.now);
        reach(9);
      }
      w.pass(10);
    }
    expect(at).toEqual([0, 300, 600, 900]);
  });

  it("is not dialled where it is still being looked for: the attempt goes on to the next address by itself", () => {
    const { world: w, reach, dials } = world("a");
    w.pass(1000);
    expect(dials()).toBe(1);
    reach(3);
    w.pass(STAGGER - 1);
    expect(dials()).toBe(1);
    w.pass(1);
    expect(dials()).toBe(2);
    // The second one has arrived nowhere yet.
    w.pass(2000);
    expect(dials()).toBe(2);
    reach(3);
    w.pass(STAGGER);
    expect(dials()).toBe(3);
  });

  it("of which each was dialled is not dialled again before they have failed", () => {
    const { world: w, reach, dials } = world("a");
    reach(2);
    w.pass(STAGGER);
    for (let i = 0; i < 5; i++) {
      reach(2);
      w.closeSocket(undefined);
      w.pass(100);
      expect(dials()).toBe(2);
    }
    expect(w.told("attemptFailed")).toHaveLength(1);
  });

  it("is dialled at the next one at once when one has refused while another keeps silent", () => {
    const { world: w, reach, dials } = world("a");
    reach(3);
    w.pass(STAGGER);
    reach(3);
    w.closeSocket(undefined);
    expect(dials()).toBe(3);
  });

  it("has failed once when it has failed at all of them", () => {
    const { world: w, reach } = world("a", {
      retryFirst: true,
    });
    const [server] = w.pool.all;
    reach(2);
    w.pass(STAGGER);
    reach(2);
    w.closeSocket(undefined);
    expect(server.reconnects).toBe(0);
    w.pass(5000);
    expect(server.reconnects).toBe(1);
  });

  it("that refuses us at one of them has failed, although another one keeps silent", () => {
    const { world: w, reach } = world("a", { retryFirst: true });
    const [server] = w.pool.all;
    reach(2);
    w.pass(STAGGER);
    reach(2);
    w.info();
    w.serve("-ERR 'Authorization Violation'\r\n");
    expect(server.refusals).toBe(1);
  });

  it("comes after the other servers of the pool", () => {
    const { world: w, reach } = world("a b");
    reach(2);
    w.pass(STAGGER);
    w.pass(2 * STAGGER);
    expect(w.done.filter((entry) => entry.startsWith("dial "))).toEqual(["dial a", "dial b", "dial a"]);
  });
});

describe("a server that hangs", () => {
  const replace = (w: EngineWorld, names: string[]) => {
    w.pool.replace(names.map((name) => parseAddress(name)));
    w.engine.session.serversReplaced(w.now);
    w.pump();
  };

  it("has its head start, however late one of its addresses is reached", () => {
    const { world: w, reach, dials } = world("a b");
    w.pass(STAGGER - 50);
    reach(2);
    w.pass(50);
    expect(dials()).toBe(2);
  });

  it("is not waited for when there are other servers all at once; one that has just been dialled has its head start", () => {
    const { world: w, dials } = world("a");
    w.pass(2000);
    expect(dials()).toBe(1);
    replace(w, ["a", "b"]);
    w.pass(STAGGER - 1);
    expect(dials()).toBe(1);
    w.pass(1);
    expect(dials()).toBe(2);
    w.pass(STAGGER - 50);
    replace(w, ["a", "b", "c"]);
    w.pass(50);
    expect(dials()).toBe(3);
  });

  it("is what other servers are dialled for: not while a link stands", () => {
    const { world: w, dials } = world("a");
    w.accept();
    replace(w, ["a", "b"]);
    w.pass(5000);
    expect(dials()).toBe(1);
  });
});

describe("a server whose attempt was dropped because another one was quicker", () => {
  const dialled = ({ done }: EngineWorld) =>
    done.flatMap((entry) => (entry.startsWith("dial ") ? [entry.slice(5)] : []));

  it("has its turn when the link that was quicker dies young", () => {
    const w = new EngineWorld("a b").start();
    w.die();
    // b hangs, and a drops us for the second time, after which there is a wait.
    w.pass(STAGGER);
    w.accept();
    w.die();
    expect(dialled(w)).toEqual(["a", "b", "a", "b"]);
  });
});

describe("a connection that is closed by the function that is asked for the wait", () => {
  it("waits for nothing, and tells nothing more", () => {
    const delay = () => {
      w.engine.close(undefined, w.now);
      return 100;
    };
    const w = new EngineWorld("a", { connector: { ...OPTIONS.connector, delay } }).start();
    w.die();
    w.closeSocket(undefined);
    expect(w.engine.state).toBe("closed");
    expect(w.told("reconnecting").map(({ server }) => server)).toEqual(["a:4222"]);
    expect(w.engine.timeout).toBe(Number.POSITIVE_INFINITY);
  });
});

describe("reconnect() in an outage", () => {
  const reconnect = (w: EngineWorld) => {
    w.engine.session.reconnect(w.now);
    w.pump();
  };

  it("dials another server at once beside one that hangs", () => {
    const w = new EngineWorld("a b").start();
    w.die();
    w.pass(50);
    reconnect(w);
    expect(w.done.filter((entry) => entry.startsWith("dial "))).toEqual(["dial a", "dial b", "dial a"]);
  });

  it("ends a wait: nothing comes of it any more", () => {
    const w = new EngineWorld("a").start();
    w.die();
    w.closeSocket(undefined);
    w.pass(100);
    reconnect(w);
    w.pass(3000);
    expect(w.told("reconnecting").map(({ delay }) => delay)).toEqual([0, 1000, 0]);
  });
});
