/** What a shutdown has left, or that it has left nothing. */
export interface ShutdownReport {
  /** What has begun it: the signal, or what `begin()` was given. */
  readonly reason: string;
  /** The first signal that came; undefined when `begin()` has begun it and none came. */
  readonly signal: NodeJS.Signals | undefined;
  /** The second signal, which has forced the end; undefined when none has. */
  readonly forcedBy: NodeJS.Signals | undefined;
  /** Some of it was not done in its time. */
  readonly timedOut: boolean;
  /** ms since it began. */
  readonly took: number;
  /** Everything was finished or handed back, nothing has failed. */
  readonly complete: boolean;
  /** The connections that it was given. */
  readonly connections: readonly ConnectionLeft[];
  /** Those that were there when it began, and those that have come since. */
  readonly components: readonly ComponentLeft[];
  /** The servers that it was given (option `servers`). */
  readonly servers: readonly ServerLeft[];
  /** What went wrong: hooks, components, servers, and connections that an error has closed meanwhile. */
  readonly errors: readonly Error[];
}

/** A connection in a report. */
export interface ConnectionLeft {
  /** Option `name`, or its place: `connection 1`. */
  readonly name: string;
  /** Whether it is closed by now. */
  readonly closed: boolean;
  /** Its subscriptions have handled what they had got, before it was closed. */
  readonly drained: boolean;
  /** Messages that were accepted and have no outcome yet (`messages`), and their encoded `bytes`. */
  readonly buffered: { readonly messages: number; readonly bytes: number };
  /** Messages that were accepted and given up since the shutdown began: never sent. */
  readonly dropped: number;
  /** Messages that were sent and not confirmed when the connection was closed, since the shutdown began. */
  readonly unconfirmed: number;
}

/** A component of a connection in a report. */
export interface ComponentLeft {
  /** {@link ConnectionLeft.name} of its connection. */
  readonly connection: string;
  /** What it is: `handler`, `consumer`, `outbox`, … */
  readonly kind: string;
  /** What it calls itself in its facts. */
  readonly name: string;
  /** It has done all that it had, in its time, and given up nothing by force; true also when there is nothing to stop. */
  readonly stopped: boolean;
  /** Messages that a handler is at work on; 0 when it does not tell. */
  readonly inFlight: number;
  /** Messages that wait for a place; 0 when it does not tell. */
  readonly waiting: number;
  /** Messages that it has given up since the shutdown began, and that lie with the dead letters. */
  readonly deadLettered: number;
  /** Messages that it has given up since the shutdown began, and that lie nowhere. */
  readonly discarded: number;
}

/** A server in a report. */
export interface ServerLeft {
  /** `server 1` by its place in option `servers`. */
  readonly name: string;
  /** All that was under way has ended by itself. */
  readonly closed: boolean;
  /** Open connections when it was cut off. */
  readonly connections: number;
  /** Requests on them that had no answer; those that were there before `gracefulShutdown()` was called are not known. */
  readonly requests: number;
}

/** Whether nothing was left of it. */
export function isConnectionDone({
  closed,
  drained,
  buffered,
  dropped,
  unconfirmed,
}: ConnectionLeft): boolean {
  return closed && drained && buffered.messages + dropped + unconfirmed === 0;
}

/** The same of a component. */
export function isComponentDone({ stopped, inFlight, waiting }: ComponentLeft): boolean {
  return stopped && inFlight + waiting === 0;
}

/** Most errors that the line tells, and most letters of each. */
const ERRORS = 3;
const LETTERS = 200;

/** A report as one line for a log. */
export function describeReport(report: ShutdownReport): string {
  const { reason, forcedBy, complete, took } = report;
  const left = [...leftOf(report)].join("; ");
  const forced = forcedBy === undefined ? "" : `, forced by ${forcedBy}`;
  const head = `shutdown (${reason})${forced}: ${complete ? "complete" : "incomplete"} after ${seconds(took)}`;
  return left === "" ? head : `${head}: ${left}`;
}

function* leftOf({ connections, components, servers, errors }: ShutdownReport): Iterable<string> {
  for (const connection of connections) {
    if (isConnectionDone(connection)) continue;
    const { name, closed, drained, buffered, dropped, unconfirmed } = connection;
    const parts = [
      buffered.messages > 0 && `${buffered.messages} messages (${buffered.bytes} bytes) buffered`,
      dropped > 0 && `${dropped} messages dropped`,
      unconfirmed > 0 && `${unconfirmed} messages unconfirmed`,
      !drained && "callbacks of subscriptions still at work",
      !closed && "not closed",
    ];
    yield `connection ${quoted(name)}: ${join(parts)}`;
  }
  for (const component of components) {
    if (isComponentDone(component)) continue;
    const { kind, name, stopped, inFlight, waiting, deadLettered, discarded } = component;
    const parts = [
      !stopped && "not done in time",
      `${inFlight} in flight, ${waiting} waiting`,
      deadLettered > 0 && `${deadLettered} given up to the dead letters`,
      discarded > 0 && `${discarded} discarded`,
    ];
    yield `${kind} ${quoted(name)}: ${join(parts)}`;
  }
  for (const { name, closed, connections: open, requests } of servers)
    if (!closed) yield `${name}: ${open} connections, ${requests} requests`;
  for (const { message } of errors.slice(0, ERRORS)) yield `error: ${oneLine(message)}`;
  if (errors.length > ERRORS) yield `${errors.length - ERRORS} more errors`;
}

function join(parts: readonly (string | false)[]): string {
  return parts.filter((part) => part !== false).join(", ");
}

function quoted(name: string): string {
  return JSON.stringify(oneLine(name));
}

/** A text from elsewhere, fit for a line. */
export function oneLine(text: unknown): string {
  return String(text)
    .replace(/[\p{Cc}\p{Zl}\p{Zp}]+/gu, " ")
    .slice(0, LETTERS);
}

function seconds(ms: number): string {
  return `${(ms / 1000).toFixed(1)} s`;
}
