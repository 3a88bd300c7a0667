import { describe, expect, it } from "vitest";
import { brokenBy } from "./broken-by.js";
import { frailServer, lateReceiver, pullOnADyingLink, queueAcrossServers } from "./recoveries.js";
import { inside, replace } from "./spoil.js";
import type { Spoil } from "./stories.js";

describe("a subscriber that comes back after the replay", () => {
  it("misses what was replayed, which is its own gap: the client has lost nothing", () => {
    expect(lateReceiver(false)).toBe(30);
  });

  it("misses nothing when beforeReplay waits for it", () => {
    expect(lateReceiver(true)).toBe(0);
  });

  it("would miss it all the same, if the replay did not wait", () => {
    const hasty: Spoil = ({ engine }) => replace(engine.outbound, "hold", () => {});
    expect(brokenBy(() => lateReceiver(true, hasty))).toBe("hold");
  });
});

describe("a replay to a server that has just come back", () => {
  it("does not kill it again and again", () => {
    frailServer();
  });

  it("would, if it did not begin slowly", () => {
    const hasty: Spoil = (client) => {
      replace(client.engine.outbound.slowStart, "allows", () => true);
      // Whether the rule sees it is another test: here the server has to.
      replace(inside(client, "slowStart"), "handed", () => {});
    };
    expect(brokenBy(() => frailServer(hasty))).toBe("killed-again");
  });
});

describe("a pull", () => {
  it("that a server has taken is not written again when its link dies before it is confirmed", () => {
    expect(pullOnADyingLink()).toBe(1);
  });

  it("would be, if its kind made no difference", () => {
    const careless: Spoil = ({ engine: { outbound } }) => {
      const { window } = outbound;
      const rewindFrame = inside<(...args: unknown[]) => void>(window, "rewindFrame");
      replace(window, "rewindFrame", (...args: unknown[]) => {
        const [chunk, , frame] = args as [{ kindAt(frame: number): number }, number, number];
        if (chunk.kindAt(frame) > 5) rewindFrame.apply(window, args);
      });
    };
    expect(brokenBy(() => pullOnADyingLink(careless))).toBe("written-twice");
  });
});

describe("a queue group on two servers", () => {
  it("gets each message once, and loses what was on the way when the client's server was killed", () => {
    const { got, lostOnRoutes, twice } = queueAcrossServers();
    expect(twice).toBe(0);
    expect(lostOnRoutes).toBeGreaterThan(0);
    expect(got + lostOnRoutes).toBe(50);
  });
});
