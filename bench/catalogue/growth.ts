import { atMost, type CaseText, type Target, type Who } from "../case.js";
import type { FigureName } from "../figures.js";
import { OPERATIONS } from "../works/operations.js";

/** "Flat": what a figure may grow by from the smallest step to the largest. */
const FLAT = 1.25;
/** Twice the work, and what is left of noise in the lower bound. */
const TWICE = 2.1;

const SUBJECTS = [1, 100, 10_000] as const;
const SUBSCRIPTIONS = [1, 1_000, 100_000] as const;

const named = (count: number, what: string) =>
  `${count.toLocaleString("en")} ${what}${count === 1 ? "" : "s"}`;
const ofSubjects = (count: number) => named(count, "subject");
const ofSubscriptions = (count: number) => named(count, "subscription");

const flat = (figure: FigureName, first: string, last: string): Target => {
  const who = (step: string): Who => ({ client: "holdfast", step });
  return { figure, of: who(last), against: who(first), atMost: FLAT };
};

/** What the cost of one depends on: it should depend on nothing. */
export const GROWTH: readonly CaseText[] = [
  {
    name: "subjects",
    title: "publish 128 B to 1, 100 and 10,000 subjects in turns",
    group: "growth",
    works: SUBJECTS.map((subjects) => ({ kind: "publish", size: 128, subjects, step: ofSubjects(subjects) })),
    clients: ["holdfast", "natsjs"],
    figures: ["cpu", "rate"],
    targets: [flat("cpu", ofSubjects(1), ofSubjects(10_000))],
  },
  {
    name: "subscriptions",
    title:
      "receive 128 B on 1, 1,000 and 100,000 subscriptions in turns by callback; memory of one subscription",
    group: "growth",
    holder: "subscription",
    works: SUBSCRIPTIONS.map((subscriptions) => ({
      kind: "receive",
      size: 128,
      by: "callback",
      subscriptions,
      step: ofSubscriptions(subscriptions),
    })),
    clients: ["holdfast", "natsjs"],
    figures: ["cpu", "rate", "memory"],
    targets: [
      flat("cpu", ofSubscriptions(1), ofSubscriptions(100_000)),
      atMost("memory", "natsjs", 0.7, ofSubscriptions(100_000)),
    ],
  },
  {
    name: "doubling",
    title: "twice the work: time of 2 n over that of n, with room for both between two collections",
    group: "growth",
    works: [{ kind: "doubling" }],
    clients: ["holdfast"],
    figures: ["doubling", "time"],
    targets: [...OPERATIONS.keys()].map((step) => ({
      figure: "doubling",
      of: { client: "holdfast", step },
      atMost: TWICE,
      by: "low",
    })),
  },
];
