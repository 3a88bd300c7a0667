import { describe, expect, it } from "vitest";
import type { Link } from "../../core/link.js";
import { brokenBy } from "./broken-by.js";
import { inside, replace } from "./spoil.js";
import {
  frozenServer,
  longReplay,
  lowerMaxPayload,
  modem,
  muchOnANarrowWay,
  poisoned,
  type Spoil,
} from "./stories.js";

describe("a slow link", () => {
  it("is not given up while bytes get through", () => {
    muchOnANarrowWay();
  });

  it("gets a large message through, however slow it is", () => {
    modem();
  });

  it("would be, if nobody looked at the send queue", () => {
    const blind: Spoil = ({ engine }) => replace(inside(engine.session, "liveness"), "seen", () => {});
    expect(brokenBy(() => muchOnANarrowWay(blind))).toBe("stale-moving");
  });
});

describe("a server that stands still", () => {
  it.each([
    [1, 20],
    [5, 20],
    [50, 20],
    [190, 1],
    [400, 20],
    [900, 5],
  ])("is noticed with a message every %d ms, and a latency of %d ms", (every, latency) => {
    frozenServer(every, latency);
  });

  it("would not be, if any look at the send queue were a sign of life", () => {
    const credulous: Spoil = ({ engine }) => {
      const seen = (link: Link, _arrived: number, _queued: number, now: number) => {
        link.lastProgress = now;
        link.lastDelivery = now;
      };
      replace(inside(engine.session, "liveness"), "seen", seen);
    };
    expect(brokenBy(() => frozenServer(50, 20, credulous))).toBe("stalled-link");
  });
});

describe("a server that lowers its max_payload", () => {
  it("gets nothing larger of what was not written yet", () => {
    lowerMaxPayload();
  });

  it("would, if what waits were not looked at again", () => {
    const careless: Spoil = ({ engine }) => {
      engine.continuity.onServerInfo = (info) => engine.intake.serverInfo(info);
    };
    expect(brokenBy(() => lowerMaxPayload(careless))).toBe("max-payload");
  });
});

describe("poison", () => {
  it.each(["maximum control line exceeded", "Unknown Protocol Operation", "Message Not To My Taste"])(
    "is found and dropped alone when servers say '%s'",
    (text) => {
      for (const [count, at] of [
        [1, 0],
        [2, 1],
        [300, 0],
        [300, 299],
        [1000, 617],
      ]) {
        expect(poisoned(text, count, at)).toBeLessThanOrEqual(6 + Math.ceil(Math.log2(count)));
      }
    },
  );

  it("would stay for ever, if nobody were blamed", () => {
    const lenient: Spoil = ({ engine }) => replace(engine.outbound.poison, "blame", () => {});
    expect(brokenBy(() => poisoned("Unknown Protocol Operation", 10, 5, lenient))).toBe("scene");
  });

  it("is not another one", () => {
    const unjust: Spoil = ({ engine: { outbound } }) => {
      const { window } = outbound;
      const { dropFrame } = window;
      window.dropFrame = (seq, reason) => {
        const wrong = reason === "poison" ? window.positionAfter(seq + 1, 1) - 1 : seq;
        return dropFrame.call(window, wrong, reason);
      };
    };
    const story = () => poisoned("Unknown Protocol Operation", 10, 5, unjust);
    expect(brokenBy(story)).toBe("dropped-without-reason");
  });
});

describe("a long replay", () => {
  it("begins slowly, and is completed", () => {
    longReplay();
  });

  it("would overrun the server, if nothing held it back", () => {
    const hasty: Spoil = ({ engine }) => replace(engine.outbound.slowStart, "allows", () => true);
    expect(brokenBy(() => longReplay(hasty))).toBe("slow-start");
  });
});
