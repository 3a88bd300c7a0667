import { printable } from "../outbox/inspect.js";

/** What a look has found. Texts are safe for a terminal; null is what the process does not tell. */
export interface View {
  /** ms since the epoch. */
  readonly at: number;
  /** Empty when it has answered; else why there is no answer, or none that is one. */
  readonly away: string;
  /** `healthy`, `unhealthy`, or what it says; empty without an answer. */
  readonly status: string;
  readonly connections: readonly ConnectionView[];
}

/** One connection. */
export interface ConnectionView {
  readonly name: string;
  readonly status: string;
  readonly state: string;
  readonly server: string;
  /** ms. */
  readonly rtt: number | null;
  readonly reconnects: number | null;
  readonly attempts: number | null;
  /** ms since the epoch. */
  readonly connectedAt: number | null;
  readonly disconnectedAt: number | null;
  readonly reason: string;
  readonly lastError: string;
  readonly cause: CauseView | undefined;
  readonly buffer: { messages: number; bytes: number; limit: number; ratio: number } | undefined;
  readonly counts: Counts | undefined;
  readonly components: readonly ComponentView[];
  readonly moreComponents: number;
}

export interface CauseView {
  readonly kind: string;
  readonly message: string;
  readonly advice: readonly string[];
}

export interface Counts {
  readonly inMsgs: number;
  readonly outMsgs: number;
  readonly inBytes: number;
  readonly outBytes: number;
  readonly confirmed: number;
  readonly pending: number;
  readonly dropped: number;
  readonly replayed: number;
}

export interface ComponentView {
  readonly kind: string;
  readonly name: string;
  readonly state: string;
  /** Why it is not ready, or what fails; empty when all is well. */
  readonly trouble: string;
  /** `handled 12`, `pending 3`, …: the figures that it has. */
  readonly figures: string;
}

/** An outage. */
export interface OutageView {
  readonly connection: string;
  /** ms since the epoch; null: it goes on. */
  readonly startedAt: number;
  readonly endedAt: number | null;
  readonly server: string;
  readonly next: string;
  readonly kind: string;
  readonly cause: string;
  readonly advice: readonly string[];
}

/** Connections, components and outages that are read of an answer, at most. */
const MOST = 100;
/** Characters of a text: an advice is a sentence or two. */
const LONGEST = 400;
/** Figures of components, in the order in which they are shown. */
const FIGURES = [
  ["handled", "handled"],
  ["acked", "acked"],
  ["calls", "calls"],
  ["messages", "held"],
  ["inFlight", "in flight"],
  ["waiting", "waiting"],
  ["pending", "pending"],
  ["ackPending", "ack pending"],
  ["retried", "retried"],
  ["failed", "failed"],
  ["deadLettered", "dead letters"],
  ["parked", "parked"],
  ["discarded", "discarded"],
  ["lost", "lost"],
] as const;

/** There was no answer. */
export function awayView(at: number, why: string): View {
  return { at, away: printable(why), status: "", connections: [] };
}

/** Reads the body of `/health`, of whatever comes: what is not there, or of another type, is not told. */
export function readHealth(at: number, body: string, code: number, type: string): View {
  const parsed = asJson(body);
  if (parsed === undefined) {
    const what = type === "" ? "no JSON" : `no JSON but ${type.split(";")[0]}`;
    return awayView(at, `HTTP ${code}, ${what}: is this the port of serve()?`);
  }
  const all = Array.isArray(parsed.connections) ? parsed.connections.slice(0, MOST) : [parsed];
  const told = all.map(record).filter((one) => one !== undefined);
  if (code === 401 || code === 403) {
    return awayView(
      at,
      `HTTP ${code}: ${text(parsed.status) || "refused"}; --token or HOLDFAST_TOKEN gives the token of serve()`,
    );
  }
  if (text(parsed.status) === "" || !told.some((one) => "connected" in one || "state" in one)) {
    return awayView(at, `HTTP ${code}, and not what /health of serve() tells`);
  }
  return { at, away: "", status: text(parsed.status), connections: told.map(connectionOf).map(withOwnName) };
}

/** What the dashboard's stream begins with. */
const HELLO = /^event: hello\ndata: (.*)\n\n/m;

/** Whether the first event of the dashboard's stream is there as a whole. */
export function hasHello(stream: string): boolean {
  return HELLO.test(stream);
}

/** Reads the outages of a `hello` of the dashboard's stream, the newest first; undefined when it is none. */
export function readOutages(stream: string): OutageView[] | undefined {
  const data = HELLO.exec(stream)?.[1];
  const hello = data === undefined ? undefined : asJson(data);
  if (!Array.isArray(hello?.connections)) return undefined;
  const outages = hello.connections
    .slice(0, MOST)
    .map(record)
    .flatMap((one) => list(one?.outages).map((outage) => outageOf(text(one?.name), outage)));
  return outages.sort((a, b) => b.startedAt - a.startedAt).slice(0, MOST);
}

/** Nothing keeps two connections from having the same name. */
function withOwnName(one: ConnectionView, index: number, all: readonly ConnectionView[]): ConnectionView {
  const earlier = all.slice(0, index).filter(({ name }) => name === one.name).length;
  return earlier === 0 ? one : { ...one, name: `${one.name} #${earlier + 1}` };
}

function connectionOf(one: Fields, index: number): ConnectionView {
  const buffer = record(one.buffer);
  const cause = record(one.cause);
  return {
    name: text(one.name) || (index === 0 ? "connection" : `connection ${index + 1}`),
    status: text(one.status),
    state: text(one.state),
    server: text(one.server),
    rtt: number(one.rtt),
    reconnects: number(one.reconnectCount),
    attempts: number(one.reconnectAttempts),
    connectedAt: time(one.lastConnectedAt),
    disconnectedAt: time(one.lastDisconnectedAt),
    reason: text(one.reason),
    lastError: text(one.lastError),
    cause:
      cause === undefined
        ? undefined
        : { kind: text(cause.kind), message: text(cause.message), advice: texts(cause.advice) },
    buffer:
      buffer === undefined
        ? undefined
        : {
            messages: number(buffer.messages) ?? 0,
            bytes: number(buffer.bytes) ?? 0,
            limit: number(buffer.limit) ?? 0,
            ratio: number(buffer.ratio) ?? 0,
          },
    counts: countsOf(record(one.stats)),
    components: list(one.components).map(componentOf),
    moreComponents: number(one.moreComponents) ?? 0,
  };
}

function countsOf(stats: Fields | undefined): Counts | undefined {
  if (stats === undefined) return undefined;
  const of = (name: string) => number(stats[name]) ?? 0;
  return {
    inMsgs: of("inMsgs"),
    outMsgs: of("outMsgs"),
    inBytes: of("inBytes"),
    outBytes: of("outBytes"),
    confirmed: of("confirmed"),
    pending: of("pending"),
    dropped: of("dropped"),
    replayed: of("replayed"),
  };
}

function componentOf(one: Fields): ComponentView {
  const figures = FIGURES.flatMap(([name, word]) => {
    const value = number(one[name]);
    // What is always there is shown; what is bad only when there is some.
    const always = word === "handled" || word === "calls" || word === "held" || word === "pending";
    return value === null || (value === 0 && !always) ? [] : [`${word} ${value.toLocaleString("en-US")}`];
  });
  const breakers = list(one.breakers)
    .filter((breaker) => text(breaker.state) !== "closed")
    .map((breaker) => `breaker of ${text(breaker.subject)} ${text(breaker.state)}`);
  return {
    kind: text(one.kind),
    name: text(one.name),
    state: text(one.state),
    trouble: text(one.unready) || text(one.failing) || breakers.slice(0, 3).join(", "),
    figures: [...figures, ...(text(one.lastError) === "" ? [] : [`last error ${text(one.lastError)}`])].join(
      ", ",
    ),
  };
}

function outageOf(connection: string, one: Fields): OutageView {
  return {
    connection,
    startedAt: number(one.startedAt) ?? 0,
    endedAt: number(one.endedAt),
    server: text(one.server),
    next: text(one.next),
    kind: text(one.kind),
    cause: text(one.cause),
    advice: texts(one.advice),
  };
}

type Fields = Readonly<Record<string, unknown>>;

function asJson(text: string): Fields | undefined {
  try {
    return record(JSON.parse(text));
  } catch {
    return undefined;
  }
}

function record(value: unknown): Fields | undefined {
  return typeof value === "object" && value !== null && !Array.isArray(value) ? (value as Fields) : undefined;
}

function list(value: unknown): Fields[] {
  return Array.isArray(value)
    ? value
        .slice(0, MOST)
        .map(record)
        .filter((one) => one !== undefined)
    : [];
}

function text(value: unknown): string {
  return typeof value === "string" ? printable(value, LONGEST) : "";
}

function texts(value: unknown): string[] {
  return Array.isArray(value)
    ? value
        .slice(0, 5)
        .map(text)
        .filter((one) => one !== "")
    : [];
}

function number(value: unknown): number | null {
  return typeof value === "number" && Number.isFinite(value) ? value : null;
}

function time(value: unknown): number | null {
  const at = typeof value === "string" ? Date.parse(value) : Number.NaN;
  return Number.isNaN(at) ? null : at;
}
