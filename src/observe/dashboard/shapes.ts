import {
  type BooksView,
  type ComponentView,
  type ConnectionView,
  type HeldView,
  type Hello,
  type LogView,
  type OutageView,
  SAMPLES,
  type Sample,
  type SampleView,
  type Series,
  type ServerView,
  STATES,
} from "./protocol.js";

/** Makes a copy of what is known, of what another process has sent. */
type Shape<T> = (value: unknown) => T;

/** What another process has sent is not what it should be. */
export class Misfit extends Error {}

const number: Shape<number> = (value) => (Number.isFinite(value) ? (value as number) : misfit());
const boolean: Shape<boolean> = (value) => (typeof value === "boolean" ? value : misfit());

function misfit(): never {
  throw new Misfit("it speaks another protocol");
}

function text(most: number): Shape<string> {
  return (value) => (typeof value === "string" ? value.slice(0, most) : misfit());
}

function oneOf<T extends string>(values: readonly T[]): Shape<T> {
  return (value) => values.find((one) => one === value) ?? misfit();
}

function orNull<T>(shape: Shape<T>): Shape<T | null> {
  return (value) => (value === null ? null : shape(value));
}

function optional<T>(shape: Shape<T>): Shape<T | undefined> {
  return (value) => (value === undefined ? undefined : shape(value));
}

/** The first so many; what is behind them is left out. */
function list<T>(shape: Shape<T>, most: number): Shape<readonly T[]> {
  return (value) => (Array.isArray(value) ? value.slice(0, most).map(shape) : misfit());
}

/** The fields that are known. Others, of a newer version, are left out. */
function object<T extends object>(fields: { readonly [K in keyof T]-?: Shape<T[K]> }): Shape<T> {
  const names = Object.keys(fields) as (keyof T)[];
  return (value) => {
    if (typeof value !== "object" || value === null) misfit();
    const made: Partial<T> = {};
    for (const name of names) made[name] = fields[name]((value as T)[name]);
    return made as T;
  };
}

const counts: Shape<Readonly<Record<string, number>>> = (value) => {
  if (typeof value !== "object" || value === null) misfit();
  const entries = Object.entries(value).slice(0, 64);
  return Object.fromEntries(entries.map(([name, count]) => [name.slice(0, 64), number(count)]));
};

const word = text(256);
const sentence = text(2_000);
const time = orNull(number);

const books = object<BooksView>({
  accepted: number,
  confirmed: number,
  pending: number,
  dropped: number,
  refused: number,
  unconfirmed: number,
  replayed: number,
  rejected: number,
  recovered: optional(number),
  dropReasons: counts,
});

const server = object<ServerView>({
  server: word,
  current: boolean,
  gossiped: boolean,
  reconnects: number,
  lastConnectAt: time,
  failures: number,
  lastError: sentence,
  lastErrorAt: time,
});

const outage = object<OutageView>({
  startedAt: number,
  endedAt: time,
  duration: orNull(number),
  server: word,
  next: word,
  kind: word,
  cause: sentence,
  evidence: list(sentence, 32),
  advice: list(sentence, 16),
  attempts: number,
  unconfirmed: number,
  replayed: number,
  abandoned: number,
  lost: number,
});

const entry = object<LogView>({
  id: number,
  at: number,
  lastAt: number,
  times: number,
  event: word,
  level: oneOf(["info", "warning", "error"]),
  text: text(8_000),
  detail: optional(sentence),
});

const state = oneOf(STATES);

/** A `connection` event. */
export const toConnectionView = object<ConnectionView>({
  id: word,
  name: sentence,
  state,
  since: number,
  server: word,
  serverName: sentence,
  serverVersion: sentence,
  cluster: sentence,
  reconnects: number,
  attempts: number,
  lastCause: sentence,
  lastConnectedAt: time,
  lastDisconnectedAt: time,
  books,
  subscriptionsSlow: number,
  servers: list(server, 1_024),
  outages: list(outage, 200),
  log: list(entry, 500),
  timeline: list(object<ConnectionView["timeline"][number]>({ at: number, state }), 2_000),
});

/** A `hello` event. */
export const toHello = object<Hello>({
  version: number,
  process: object<Hello["process"]>({
    name: sentence,
    pid: number,
    node: word,
    holdfast: word,
    startedAt: number,
    now: number,
  }),
  processes: list(object<Hello["processes"][number]>({ id: word, name: sentence }), 1_024),
  connections: list(toConnectionView, 1_024),
});

/** A `log` event. */
export const toLog = object<{ connection: string; entry: LogView }>({ connection: word, entry });

const component = object<ComponentView>({
  kind: word,
  name: word,
  state: word,
  trouble: sentence,
  lastError: sentence,
  inFlight: orNull(number),
  waiting: orNull(number),
  done: orNull(number),
  failed: orNull(number),
  deadLettered: orNull(number),
  discarded: orNull(number),
  lag: orNull(number),
  breakers: list(object<ComponentView["breakers"][number]>({ subject: word, state: word }), 16),
  held: optional(object<HeldView>({ bytes: number, limit: orNull(number), oldestAge: number })),
});

/** A `sample` event. */
export const toSample = object<Sample>({
  at: number,
  connections: list(
    object<SampleView>({
      id: word,
      state,
      bufferMessages: number,
      bufferBytes: number,
      bufferLimit: number,
      bufferRatio: number,
      oldestAge: number,
      inMsgs: number,
      outMsgs: number,
      inBytes: number,
      outBytes: number,
      rtt: orNull(number),
      books,
      components: optional(list(component, 64)),
      moreComponents: optional(number),
    }),
    1_024,
  ),
});

const column = list(orNull(number), SAMPLES);

/** What `dashboard/history` answers. */
export const toSeries = object<Series>({
  connection: word,
  until: number,
  state: column,
  bufferBytes: column,
  bufferLimit: column,
  inMsgs: column,
  outMsgs: column,
  inBytes: column,
  outBytes: column,
  rtt: column,
});
