import type { Link } from "../../core/link.js";
import type { Moves } from "../../core/moves.js";
import type { MessageReceiver } from "../../wire/parser.js";
import type { Client } from "./client.js";
import { inside, type Mutation, replace } from "./spoil.js";

type Steps = Readonly<
  Record<"confirm" | "follow" | "spread" | "oldIsDone" | "done", (flag?: boolean) => void>
>;

/** Spoils every handover when it has just begun: nothing but listening has been done. */
function handovers(spoil: (handover: Steps, client: Client) => void): (client: Client) => void {
  return (client) => {
    const { moves } = client.engine.session;
    const joins = moves.joins.bind(moves);
    replace(moves, "joins", (to: Link) => {
      joins(to);
      const handover = inside<Steps | undefined>(moves, "handover");
      if (handover !== undefined) spoil(handover, client);
    });
  };
}

function overlapOf(handover: object): Record<"old" | "fresh" | "trailing", MessageReceiver> {
  return inside(handover, "overlap");
}

/** Each step of a move is there for something that would be lost, or come twice. */
const MUTATIONS: readonly Mutation[] = [
  {
    name: "the new link is taken as soon as the probe has come in",
    rules: ["move-overlap", "not-delivered", "group-missed"],
    spoil: handovers((handover) => replace(handover, "proven", () => handover.confirm())),
  },
  {
    name: "the probe is not waited for",
    rules: ["unproven"],
    spoil: handovers((handover) => {
      replace(handover, "joined", () =>
        inside<(factor: number) => void>(handover, "proven").call(handover, 1),
      );
    }),
  },
  {
    name: "what comes by both links is delivered twice",
    rules: ["delivered-twice"],
    spoil: handovers((handover) => replace(inside(overlapOf(handover), "seen"), "old", () => {})),
  },
  {
    name: "what the new link brings does not wait for the old one",
    rules: ["delivered-twice", "publisher-order"],
    spoil: handovers((handover, { engine }) => {
      replace(overlapOf(handover).fresh, "onMessage", engine.continuity.onMessage.bind(engine.continuity));
    }),
  },
  {
    name: "what comes late by the new link is delivered once more",
    rules: ["delivered-twice"],
    telling: 99,
    spoil: handovers((handover, { engine }) => {
      replace(overlapOf(handover).trailing, "onMessage", engine.continuity.onMessage.bind(engine.continuity));
    }),
  },
  {
    name: "the window follows before the old link has confirmed it",
    rules: ["moved-unconfirmed"],
    telling: 15,
    spoil: handovers((handover) => replace(handover, "confirm", () => handover.follow())),
  },
  {
    name: "what is published waits for ever",
    rules: ["still-held"],
    spoil: ({ engine }) => replace(engine.outbound, "letGo", () => {}),
  },
  {
    name: "the old link is left before it has brought everything",
    rules: ["left-unread", "not-delivered", "group-missed"],
    telling: 65,
    spoil: handovers((handover) => replace(handover, "leave", () => handover.oldIsDone(false))),
  },
  {
    name: "the old link is not closed",
    rules: ["left-link", "nobodys-link", "not-at-rest"],
    spoil: ({ engine }) => replace(engine.session.moves, "left", () => {}),
  },
  {
    name: "subscriptions do not come to the new link",
    rules: ["subs-first", "not-delivered", "group-missed", "subscriptions"],
    spoil: ({ engine }) => replace(engine.subscriptions, "joinPlan", () => []),
  },
  {
    name: "what is subscribed in a move stays on the old link",
    rules: ["not-delivered", "group-missed", "subscriptions"],
    spoil: ({ engine }) => replace(inside(engine, "subscriber"), "join", () => {}),
  },
  {
    name: "nobody has proven that what was subscribed in a move is known everywhere",
    rules: ["not-delivered"],
    telling: 32,
    spoil: handovers((handover) => replace(handover, "beginSpreading", () => handover.spread(true))),
  },
  {
    name: "with noEcho, what is published meanwhile comes back",
    rules: ["no-echo"],
    spoil: ({ engine }) => {
      const moves: Moves = engine.session.moves;
      const options = inside<{ connect: object }>(moves, "options");
      replace(moves, "options", { ...options, connect: { ...options.connect, echo: true } });
    },
  },
  {
    name: "a move does not end",
    rules: ["move-stuck"],
    spoil: handovers((handover) => replace(handover, "done", () => {})),
  },
  {
    name: "a move is told twice",
    rules: ["move"],
    spoil: ({ engine: { session } }) => {
      const emit = session.emit.bind(session);
      session.emit = (event) => {
        emit(event);
        if (event.type === "move") emit(event);
      };
    },
  },
];

/** Planned moves; in worlds in which little else happens. */
export const MOVE_MUTATIONS: readonly Mutation[] = MUTATIONS.map((one) => ({
  without: ["unplanned"],
  ...one,
}));
