import type { Group, Labels } from "../components/ledger.js";
import { buckets, type FamilyOf, family, type Sample } from "./family.js";
import type { View } from "./view.js";

/** What metrics of components have to see. */
export type ComponentsView = Pick<View, "components">;
export type ComponentFamily = FamilyOf<ComponentsView>;
/** The groups of one kind. */
export type Groups<R> = (view: ComponentsView) => readonly Group<R>[];

/** One count for each group. */
export function counted<R>(
  name: string,
  help: string,
  labels: readonly string[],
  groups: Groups<R>,
  count: string,
): ComponentFamily {
  return family<ComponentsView>(name, "counter", help, labels, "sum", (view) =>
    groups(view).map(({ labels: own, counts }) => ({ labels: own, value: counts[count] ?? 0 })),
  );
}

/** Several, told apart by a label. */
export function byLabel<R>(
  name: string,
  help: string,
  labels: readonly string[],
  groups: Groups<R>,
  label: string,
  values: Readonly<Record<string, string>>,
): ComponentFamily {
  return family<ComponentsView>(name, "counter", help, [...labels, label], "sum", (view) =>
    groups(view).flatMap(({ labels: own, counts }) =>
      Object.entries(values).map(([value, count]) => ({
        labels: { ...own, [label]: value },
        value: counts[count] ?? 0,
      })),
    ),
  );
}

/** A level of those that are there. */
export function summed<R>(
  name: string,
  help: string,
  labels: readonly string[],
  groups: Groups<R>,
  read: (reading: R) => number,
): ComponentFamily {
  return family<ComponentsView>(name, "gauge", help, labels, "sum", (view) =>
    groups(view)
      .filter(({ live }) => live.length > 0)
      .map(({ labels: own, live }) => ({
        labels: own,
        value: live.reduce((sum, one) => sum + read(one), 0),
      })),
  );
}

/** A level that is not added up: two consumers of one name look at the same one. */
export function largest<R>(
  name: string,
  help: string,
  labels: readonly string[],
  groups: Groups<R>,
  read: (reading: R) => number | undefined,
  aggregator: ComponentFamily["aggregator"] = "max",
): ComponentFamily {
  return family<ComponentsView>(name, "gauge", help, labels, aggregator, (view) =>
    groups(view).flatMap(({ labels: own, live }) => {
      const values = live.map(read).filter((value) => value !== undefined);
      return values.length === 0 ? [] : [{ labels: own, value: Math.max(...values) }];
    }),
  );
}

/** How long things took. */
export function durationsIn<R>(
  name: string,
  help: string,
  labels: readonly string[],
  groups: Groups<R>,
): ComponentFamily {
  return family<ComponentsView>(name, "histogram", help, labels, "sum", (view) =>
    groups(view).flatMap(({ labels: own, durations }) =>
      durations === undefined ? [] : buckets(durations, 1_000, own),
    ),
  );
}

/** How many of those that are there are in each state. */
export function inStates(
  labels: Labels,
  states: readonly string[],
  live: readonly { readonly state: string }[],
): Sample[] {
  if (live.length === 0) return [];
  return states.map((state) => ({
    labels: { ...labels, state },
    value: live.filter((one) => one.state === state).length,
  }));
}
