import type { SparePurpose } from "../../core/events.js";
import type { Link } from "../../core/link.js";
import type { PoolServer } from "../../core/pool.js";
import type { SpareOptions } from "../../core/spare.js";
import type { Client } from "./client.js";
import type { Profile } from "./profile.js";
import { inside, type Mutation, replace } from "./spoil.js";

function sparesOf({ engine }: Client): object {
  return inside(engine.session, "spares");
}

/** Runs with more actions, or in which others publish all the time, take long and say nothing new about what happens rarely. */
const MOST_ACTIONS = 1000;

function isShort({ duration, actionEvery, flowEvery }: Profile): boolean {
  return duration / actionEvery < MOST_ACTIONS && flowEvery === Number.POSITIVE_INFINITY;
}

function hasStandby({ options }: Profile): boolean {
  return options.standby !== undefined;
}

function goesBack({ options }: Profile): boolean {
  return options.failback !== undefined;
}

/** Spoils the link of one kind, in worlds that have it. */
function spare(
  purpose: SparePurpose,
  spoil: (spare: object, client: Client) => void,
): (client: Client) => void {
  return (client) => {
    const one = inside<object | undefined>(sparesOf(client), purpose);
    if (one !== undefined) spoil(one, client);
  };
}

/** Each step is there for something that would go wrong, or stay wrong. */
const STANDBY: readonly Mutation[] = [
  {
    name: "a link that is ready does not take over when the one in use dies",
    rules: ["heir"],
    telling: 54,
    concerns: (profile) => hasStandby(profile) && isShort(profile),
    spoil: (client) => replace(sparesOf(client), "heir", () => undefined),
  },
  {
    name: "a standby has subscriptions",
    rules: ["idle-link"],
    telling: 4,
    spoil: spare("standby", (one, { engine }) => {
      const ready = inside<(link: Link, now: number) => void>(one, "ready").bind(one);
      replace(one, "ready", (link: Link, now: number) => {
        ready(link, now);
        for (const line of engine.subscriptions.joinPlan()) link.send(line);
      });
    }),
  },
  {
    name: "a standby is dialled again without a wait",
    rules: ["spare-wait"],
    spoil: spare("standby", (one, { engine }) => {
      const { timers } = inside<{ timers: typeof engine.session.moves.timers }>(one, "host");
      replace(one, "schedule", (now: number) => timers.set("standby", now));
    }),
  },
  {
    name: "a link that is of no use any more is not closed",
    rules: ["nobodys-link"],
    spoil: spare("standby", (one) => replace(one, "release", inside<() => void>(one, "forget").bind(one))),
  },
];

const FAILBACK: readonly Mutation[] = [
  {
    name: "a preferred server does not have to last",
    rules: ["failback"],
    telling: 15,
    spoil: spare("failback", (one) =>
      replace(one, "options", { ...inside<SpareOptions>(one, "options"), interval: 0 }),
    ),
  },
  {
    name: "any server is gone back to",
    rules: ["spare-where", "failback"],
    telling: 15,
    spoil: ({ engine }) => {
      const { connector } = engine.session.dialling;
      replace(connector, "mayPrefer", () => true);
      replace(connector, "prefers", () => true);
    },
  },
  {
    name: "a preferred server is not gone back to",
    rules: ["no-spare"],
    telling: 101,
    concerns: (profile) => goesBack(profile) && isShort(profile),
    spoil: spare("failback", (one) => replace(one, "dial", () => {})),
  },
];

const BOTH: readonly Mutation[] = [
  {
    name: "a preferred server is dialled although the standby leads there",
    rules: ["spare-twice"],
    telling: 15,
    spoil: spare("standby", (one) => replace(one, "pass", () => undefined)),
  },
  {
    name: "a standby is made where the link to a preferred server leads already",
    rules: ["spare-twice"],
    telling: 15,
    spoil: (client) => {
      const leadsToActive = ({ address }: PoolServer) =>
        address.listen === client.engine.session.active?.server.address.listen;
      replace(sparesOf(client), "isFree", (_: SparePurpose, server: PoolServer) => !leadsToActive(server));
    },
  },
];

/** Links beside the one in use, in worlds that have them. */
export const SPARE_MUTATIONS: readonly Mutation[] = [
  ...STANDBY.map((one) => ({ concerns: hasStandby, ...one })),
  ...FAILBACK.map((one) => ({ concerns: goesBack, ...one })),
  ...BOTH.map((one) => ({
    concerns: (profile: Profile) => hasStandby(profile) && goesBack(profile),
    ...one,
  })),
];
