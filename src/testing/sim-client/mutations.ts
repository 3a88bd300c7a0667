import type { Connection } from "../../client/connection.js";
import type { EventName } from "../../client/events.js";
import type { Subscription, SubscriptionHost } from "../../client/subscription.js";
import type { Engine } from "../../core/engine.js";
import type { Msg } from "../../interop/nats-core.js";
import { inside, replace } from "../sim/spoil.js";

/** One safeguard of the client switched off, and the rules by which that may be found out. */
export interface ClientMutation {
  readonly name: string;
  readonly rules: readonly string[];
  readonly spoil: (nc: Connection) => void;
}

/** Spoils every subscription that is made from now on. */
function subscriptions(spoil: (subscription: Subscription) => void): (nc: Connection) => void {
  return (nc) => {
    const subscribe = nc.subscribe.bind(nc);
    replace(nc, "subscribe", (...args: Parameters<Connection["subscribe"]>) => {
      const subscription = subscribe(...args);
      spoil(subscription);
      return subscription;
    });
  };
}

type Listeners = { name: EventName; listener: (...args: unknown[]) => unknown }[];

const UNBOUNDED = { messages: Number.POSITIVE_INFINITY, bytes: Number.POSITIVE_INFINITY, dropOldest: false };

/** Mutations of `src/client`: what is above the engine and its driver. */
export const CLIENT_MUTATIONS: readonly ClientMutation[] = [
  {
    name: "what a callback throws is not caught",
    rules: ["escaped", "failures", "thrown"],
    spoil: subscriptions((subscription) => {
      const call = (callback: (error: null, msg: Msg) => unknown, msg: Msg) => void callback(null, msg);
      replace(inside(subscription, "calls"), "call", call);
    }),
  },
  {
    name: "what a listener throws is not caught",
    rules: ["escaped", "listeners", "thrown", "failures"],
    spoil: (nc) => {
      const emitter = inside<object>(inside(nc, "reporter"), "emitter");
      replace(emitter, "emit", (name: EventName, ...args: unknown[]) => {
        const called = inside<Listeners>(emitter, "listeners").filter((entry) => entry.name === name);
        for (const { listener } of called) listener(...args);
      });
    },
  },
  {
    name: "listeners are called in any order",
    rules: ["listeners"],
    spoil: (nc) => {
      const emitter = inside<object>(inside(nc, "reporter"), "emitter");
      const turn = () => replace(emitter, "listeners", inside<Listeners>(emitter, "listeners").toReversed());
      turn();
      const add = inside<(...args: unknown[]) => void>(emitter, "add").bind(emitter);
      replace(emitter, "add", (...args: unknown[]) => {
        add(...args);
        turn();
      });
    },
  },
  {
    name: "a subscription has no bound",
    rules: ["pending-limit"],
    spoil: subscriptions((subscription) => replace(subscription, "limit", UNBOUNDED)),
  },
  {
    name: "messages that are dropped are not counted",
    rules: ["received-sum"],
    spoil: subscriptions((subscription) => replace(subscription, "drop", () => {})),
  },
  {
    name: "an iterator does not hear of the end",
    rules: ["open-iterator", "not-at-rest", "open-promise", "not-drained"],
    spoil: subscriptions((subscription) => {
      const queue = inside<object | undefined>(subscription, "queue");
      if (queue !== undefined) replace(queue, "end", () => {});
    }),
  },
  {
    name: "drain() does not wait for handlers",
    rules: ["not-drained"],
    spoil: subscriptions((subscription) => {
      replace(subscription, "drain", async () => {
        const host = inside<SubscriptionHost>(subscription, "host");
        host.drainSubscription(inside(subscription, "entry"));
      });
    }),
  },
  {
    name: "close() does not wait for the end",
    rules: ["early-close"],
    spoil: (nc) => {
      const close = nc.close.bind(nc);
      replace(nc, "close", async () => void close());
    },
  },
  {
    name: "flush() resolves at once",
    rules: ["flush"],
    spoil: (nc) => replace(nc, "flush", async () => {}),
  },
  {
    name: "publishConfirmed() resolves when the message is accepted",
    rules: ["confirmed-unseen"],
    spoil: (nc) =>
      replace(nc, "publishConfirmed", async (subject: string, payload: string) => {
        nc.publish(subject, payload);
      }),
  },
  {
    name: "an answer goes to another request",
    rules: ["wrong-answer", "late-promise", "thrown"],
    spoil: (nc) => {
      const request = nc.request.bind(nc);
      let before: Promise<Msg> | undefined;
      replace(nc, "request", (...args: Parameters<Connection["request"]>) => {
        const mine = request(...args);
        const given = before ?? mine;
        before = mine;
        return given;
      });
    },
  },
  {
    name: "nobody hears that there is room again",
    rules: ["not-at-rest", "open-promise"],
    spoil: (nc) => replace(inside(nc, "waits"), "nowWritable", () => {}),
  },
  {
    name: "rtt() does not hear that the link is lost",
    rules: ["not-at-rest", "open-promise"],
    spoil: (nc) => {
      const engine = inside<Engine>(nc, "engine");
      const ping = engine.ping.bind(engine);
      replace(engine, "ping", (onPong: (rtt: number) => void, now: number) => ping(onPong, now));
    },
  },
  {
    name: "timers are left behind",
    rules: ["timers-left"],
    spoil: (nc) => replace(nc.clock, "clearTimeout", () => {}),
  },
  {
    name: "losses are not told",
    rules: ["told-lost", "not-at-rest", "missing"],
    spoil: (nc) => replace(inside(nc, "reporter"), "messageLost", () => {}),
  },
  {
    name: "each change of state is told one too late",
    rules: ["transition", "event-order", "history-of-states"],
    spoil: (nc) => {
      const reporter = inside<object>(nc, "reporter");
      const changed = inside<(...args: unknown[]) => void>(reporter, "changed").bind(reporter);
      let waiting: unknown[] | undefined;
      replace(reporter, "changed", (...args: unknown[]) => {
        if (waiting !== undefined) changed(...waiting);
        waiting = args;
      });
    },
  },
  {
    name: "a connection that is lost says that it is healthy",
    rules: ["health"],
    spoil: (nc) => {
      const health = nc.health.bind(nc);
      replace(nc, "health", () => ({ ...health(), status: "healthy" }));
    },
  },
];
