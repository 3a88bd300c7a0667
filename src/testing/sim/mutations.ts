import type { Announcements } from "../../core/announcements.js";
import type { Connector } from "../../core/connector.js";
import type { Dialling } from "../../core/dialling.js";
import type { Engine } from "../../core/engine.js";
import type { Link, PingInFlight } from "../../core/link.js";
import { Kind } from "../../wire/frame.js";
import { inside, type Mutation, replace } from "./spoil.js";

/** Links, confirmations, replay, and the order in which things go. */
export const DELIVERY_MUTATIONS: readonly Mutation[] = [
  {
    name: "no rewind: what was unconfirmed is not written again",
    rules: ["wire-order", "not-at-rest", "confirmed-not-taken"],
    spoil: ({ engine }) => replace(engine.outbound.window, "rewind", () => ({ replay: 0, unconfirmed: 0 })),
  },
  {
    name: "the PINGs of a dead link are answered by the PONGs of the next",
    rules: ["confirmed-not-taken"],
    telling: 11,
    spoil: ({ engine }) => {
      let left: PingInFlight[] = [];
      const drop = inside<(link: Link, reset: boolean) => void>(engine.session, "drop");
      replace(engine.session, "drop", (link: Link, reset: boolean) => {
        left = [];
        const { talk } = engine.session;
        const { onPong } = talk;
        talk.onPong = (_link, ping) => left.push(ping);
        while (link.pingsInFlight > 0) link.onPong();
        talk.onPong = onPong;
        drop.call(engine.session, link, reset);
      });
      const restore = engine.continuity.onRestore;
      engine.continuity.onRestore = (hold) => {
        const { attempts } = inside<Dialling>(engine.session, "dialling");
        const [link] = attempts.all;
        for (const ping of left) if (ping.window !== undefined) link.track(ping);
        return restore.call(engine.continuity, hold);
      };
    },
  },
  {
    name: "a PONG confirms everything that was accepted",
    rules: ["confirmed-not-taken"],
    spoil: ({ engine }) => {
      const { onConfirmed } = engine.continuity;
      engine.continuity.onConfirmed = (window, _position, behindSince, now, bytes, delay) =>
        onConfirmed.call(engine.continuity, window, window.position, behindSince, now, bytes, delay);
    },
  },
  {
    name: "what is left of max is not sent again",
    rules: ["subscriptions", "subscription"],
    telling: 13,
    spoil: ({ engine }) => restoredAs(engine, (entry) => ({ max: undefined, received: entry.received })),
  },
  {
    name: "max is sent again whole",
    rules: ["subscriptions"],
    telling: 39,
    spoil: ({ engine }) => restoredAs(engine, (entry) => ({ max: entry.max, received: 0 })),
  },
  {
    name: "no bound on what an outage takes",
    rules: ["reconnectBufSize"],
    telling: 8,
    spoil: ({ engine }) => replace(inside(engine.intake, "admission"), "fitsOutage", () => true),
  },
  {
    name: "no bound on what is unconfirmed",
    rules: ["maxPending"],
    spoil: ({ engine }) => replace(inside(engine.intake, "admission"), "bears", () => true),
  },
  {
    name: "at-most-once messages, requests and control frames are replayed",
    rules: ["written-twice", "expired-request"],
    spoil: ({ engine }) => {
      const { window } = engine.outbound;
      const rewindFrame = inside<(...args: unknown[]) => void>(window, "rewindFrame");
      replace(
        window,
        "rewindFrame",
        (...args: [{ kindAt(frame: number): number }, number, number, unknown]) => {
          const kind = args[0].kindAt(args[2]);
          if (kind === Kind.Data || kind > Kind.Pull) rewindFrame.apply(window, args);
        },
      );
    },
  },
  {
    name: "requests on a dead link wait for their timeout",
    rules: ["request-lost"],
    spoil: ({ engine }) => {
      replace(engine.requests, "linkLost", () => []);
      replace(engine.requests, "frameFailed", () => {});
    },
  },
  {
    name: "requests that have expired are written all the same",
    rules: ["expired-request"],
    spoil: ({ engine }) => replace(engine.outbound.window, "takeBack", () => false),
  },
  {
    name: "the window goes before the subscriptions",
    rules: ["subs-first"],
    spoil: ({ engine }) => {
      const { outbound } = engine;
      const next = outbound.next.bind(outbound);
      const run = inside<(...args: unknown[]) => boolean>(outbound, "run").bind(outbound);
      outbound.next = (link, now) => {
        const first = link.phase === "restoring" && !outbound.held && run(outbound.window, link, now);
        return first || next(link, now);
      };
    },
  },
  {
    name: "draining subscriptions are subscribed again",
    rules: ["resubscribed", "subscriptions"],
    telling: 34,
    spoil: ({ engine }) => {
      replace(inside(engine, "subscriber"), "linkLost", () => {
        for (const entry of engine.subscriptions.all) entry.draining = false;
      });
    },
  },
  {
    name: "the replay does not wait for beforeReplay",
    rules: ["hold"],
    spoil: ({ engine }) => replace(engine.outbound, "hold", () => {}),
  },
  {
    name: "no second look at max_payload and headers",
    rules: ["max-payload", "headers"],
    spoil: ({ engine }) => replace(engine.outbound, "recheck", () => {}),
  },
  {
    name: "TLS that the server asks for is left out",
    rules: ["plain-text"],
    telling: 9,
    spoil: ({ engine }) => {
      const announcements = inside<Announcements>(engine.session, "announcements");
      const { greeted } = announcements;
      announcements.greeted = (link, json) => {
        greeted.call(announcements, link, json);
        return false;
      };
    },
  },
  {
    name: "chunks are used again while writes refer to them",
    rules: ["chunk-reused", "chunk-unreferenced"],
    telling: 8,
    spoil: ({ driver, engine }) => {
      const { window } = engine.outbound;
      const confirm = window.confirm;
      window.confirm = (position, now, behindSince) => {
        for (const chunk of inside<{ refs: number }[]>(window, "chunks")) chunk.refs = 0;
        confirm.call(window, position, now, behindSince);
      };
      const { unref } = driver.chunks;
      driver.chunks.unref = (chunk) => {
        if (chunk.refs > 0) unref.call(driver.chunks, chunk);
      };
    },
  },
  {
    name: "permissions violations are not attributed",
    rules: ["confirmed-not-taken"],
    spoil: ({ engine }) => replace(engine.outbound, "refuse", () => false),
  },
  {
    name: "the rest of a frame is sent on the next link",
    rules: ["protocol", "content"],
    spoil: (client) => {
      const { engine } = client;
      const { outbound } = engine;
      const handed = client.handed;
      let last = 0;
      client.handed = (epoch) => {
        handed.call(client, epoch);
        if (outbound.chunk === undefined || epoch === last) return;
        if (last !== 0) outbound.start += 3;
        last = epoch;
      };
    },
  },
  {
    name: "timers stay after close",
    rules: ["timer-after-close"],
    spoil: ({ engine }) => replace(engine.timers, "clearAll", () => {}),
  },
  {
    name: "no wait between passes through the servers",
    rules: ["no-wait"],
    telling: 17,
    spoil: ({ profile }) => replace(profile.options.connector, "delay", () => 0),
  },
  {
    name: "silence is borne for ever",
    rules: ["silent-link", "stalled-link", "not-at-rest"],
    spoil: ({ engine: { session, timers } }) => {
      replace(inside(session, "liveness"), "check", (_link: Link, now: number) => {
        timers.take("stall", now);
        timers.take("ping", now);
      });
      replace(inside(session, "liveness"), "settle", () => {});
    },
  },
  {
    name: "confirmed messages are replayed without a margin",
    rules: ["written-after-confirmation"],
    spoil: ({ engine }) => {
      const { window } = engine.outbound;
      const margin = inside<object>(window, "margin");
      const from = inside<(now: number) => number>(margin, "from");
      const { rewind } = window;
      window.rewind = (now, unclean) => {
        replace(margin, "from", () => 0);
        const result = rewind.call(window, now, unclean);
        replace(margin, "from", from);
        return result;
      };
    },
  },
  {
    name: "dropped messages are not told",
    rules: ["not-told"],
    spoil: ({ engine }) => replace(engine.lost, "take", () => undefined),
  },
  {
    name: "what is told of a link that is gone is taken for the current one's",
    rules: ["confirmed-not-taken", "cause", "transition", "event"],
    telling: 16,
    spoil: ({ engine: { session } }) => {
      const link = session.link.bind(session);
      replace(session, "link", (epoch: number) => link(epoch) ?? session.active);
    },
  },
  {
    name: "the backoff begins anew with every link",
    rules: ["no-wait"],
    telling: 61,
    spoil: ({ engine }) => {
      const connector = inside<Connector>(inside(engine.session, "dialling"), "connector");
      const { begin } = connector;
      connector.begin = (lost, _stood, error, ours, now) =>
        begin.call(connector, lost, Number.POSITIVE_INFINITY, error, ours, now);
    },
  },
  {
    name: "another server is not tried before the one that was lost",
    rules: ["first-attempt"],
    telling: 11,
    spoil: ({ engine }) => {
      const { pool } = engine.session;
      const connector = inside<Connector>(inside(engine.session, "dialling"), "connector");
      replace(pool, "toTail", () => {});
      replace(connector, "standard", () => pool.untried);
    },
  },
];

/** Restores subscriptions as if they were something else. */
function restoredAs(
  { subscriptions }: Engine,
  as: (entry: { max: number | undefined; received: number }) => { max: number | undefined; received: number },
): void {
  const plan = subscriptions.restorePlan.bind(subscriptions);
  subscriptions.restorePlan = () => {
    const before = [...subscriptions.all].map((entry) => ({
      entry,
      max: entry.max,
      received: entry.received,
    }));
    for (const { entry } of before) Object.assign(entry, as(entry));
    const lines = plan();
    for (const { entry, max, received } of before) Object.assign(entry, { max, received, base: received });
    return lines;
  };
}
