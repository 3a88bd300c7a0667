import type { ClientName } from "./clients/client.js";
import type { FigureName } from "./figures.js";
import type { Work } from "./works/work.js";

/** Chapters of the page, in this order. */
export const GROUPS = {
  publish: "Publishing",
  receive: "Receiving",
  request: "Requests and confirmations",
  latency: "Latency",
  links: "Connections",
  outbox: "An outbox on disk",
  growth: "Growth",
  recovery: "Recovery",
} as const;
export type Group = keyof typeof GROUPS;

/** Whose figure it is, in which step of the case. */
export interface Who {
  readonly client: ClientName;
  readonly step: string;
}

/** What a figure must reach, as a multiple of another one, or by itself. */
export interface Target {
  readonly figure: FigureName;
  readonly of: Who;
  /** Absent: the figure stands for itself. */
  readonly against?: Who;
  readonly atLeast?: number;
  readonly atMost?: number;
  /** What is added to the limit, in the figure's unit: then medians are compared, not pairs. Default 0. */
  readonly slack?: number;
  /** What of the interval has to reach it; default `median`. */
  readonly by?: "median" | "low";
}

/** Something that is measured. */
export interface Case {
  readonly name: string;
  readonly title: string;
  readonly group: Group;
  /** What is counted: message, request, … */
  readonly unit: string;
  /** What memory is counted by, if it is something else. */
  readonly holder?: string;
  /** Each is done in a process of its own. */
  readonly works: readonly Work[];
  readonly clients: readonly ClientName[];
  /** In the order of the tables' columns. */
  readonly figures: readonly FigureName[];
  readonly targets: readonly Target[];
  readonly tls: boolean;
  /** Rounds at most, where one takes long and differs little from another. */
  readonly most?: number;
  /** It is measured when nothing else is asked for. */
  readonly usual: boolean;
}

/** A case as it is written down: what is usual is left out. */
export type CaseText = Pick<Case, "name" | "title" | "works"> & Partial<Case>;

/** `client` is at least `factor` times as good by a figure of which more is better. */
export function atLeast(figure: FigureName, against: ClientName, factor: number, step = ""): Target {
  return { figure, of: { client: "holdfast", step }, against: { client: against, step }, atLeast: factor };
}

/** The figure, of which less is better, is at most `factor` times the other's. */
export function atMost(figure: FigureName, against: ClientName, factor: number, step = ""): Target {
  return { figure, of: { client: "holdfast", step }, against: { client: against, step }, atMost: factor };
}
