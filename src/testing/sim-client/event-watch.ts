import type { Connection } from "../../client/connection.js";
import {
  type ConnectionState,
  type EventName,
  Events,
  type Listener,
  type SpareInfo,
} from "../../client/events.js";
import type { Coverage } from "../sim/coverage.js";
import { demand } from "../sim/violation.js";
import type { Findings } from "./findings.js";
import type { Posts } from "./posts.js";

/** The table of promises.md §4 as users see it: `draining` takes the place of the link's state. */
const LEGAL: ReadonlySet<string> = new Set([
  "disconnected→connecting",
  "connecting→connected",
  "connecting→reconnecting",
  "connected→reconnecting",
  "reconnecting→connected",
  "reconnecting→disconnected",
  "disconnected→closed",
  "connecting→closed",
  "connected→closed",
  "reconnecting→closed",
  "connecting→draining",
  "connected→draining",
  "reconnecting→draining",
  "draining→closed",
]);

const NAMES = Object.values(Events);

/** Hears all events of a connection and checks that they fit together: which may follow which, and what they say. */
export class EventWatch {
  private readonly nc: Connection;
  private readonly posts: Posts;
  private readonly coverage: Coverage;
  private state: ConnectionState;
  private up: boolean;
  private wasUp: boolean;
  isClosed = false;
  /** What was told last of each link beside the one in use. */
  private readonly spares = new Map<"standby" | "failback", boolean>();
  /** Errors of listeners and callbacks that were told by `error`. */
  failuresTold = 0;
  /** The same that were made. */
  failuresMade = 0;
  /** Events that are being told: one may come in the middle of another one, and is over before that goes on. */
  private readonly told: EventName[] = [];
  /** Called for every event, among the other listeners. */
  onEvent: (name: EventName) => void = () => {};

  constructor(nc: Connection, posts: Posts, coverage: Coverage, { guard }: Findings) {
    this.nc = nc;
    this.posts = posts;
    this.coverage = coverage;
    this.state = nc.state;
    this.up = nc.state === "connected";
    this.wasUp = this.up;
    for (const name of NAMES) {
      const first = (...args: unknown[]) => guard(() => this.see(name, args));
      const middle = () => this.onEvent(name);
      const last = () => guard(() => this.done(name));
      for (const listener of [first, middle, last]) nc.on(name, listener as Listener<typeof name>);
    }
  }

  private see(name: EventName, args: unknown[]): void {
    this.coverage.count("event", name);
    const isLate = this.isClosed && !(name === "error" && isFailure(args[0] as Error));
    demand(!isLate, "event-after-close", () => `${name} ${args[0]}`);
    this.told.push(name);
    this.follow(name, args);
  }

  private done(name: EventName): void {
    const begun = this.told.pop();
    demand(begun === name, "listeners", () => `${name} reaches its last listener, ${begun} its first`);
  }

  private follow(name: EventName, args: unknown[]): void {
    const { nc } = this;
    switch (name) {
      case "state": {
        const [change] = args as Parameters<Listener<"state">>;
        const { from, to } = change;
        this.coverage.count("transition", `${from}→${to}`);
        demand(
          from === this.state && LEGAL.has(`${from}→${to}`),
          "transition",
          () => `${from}→${to} in ${this.state}`,
        );
        demand(nc.history.at(-1) === change, "history-of-states", () => `${from}→${to} is not the last`);
        this.state = to;
        return;
      }
      case "connect":
        demand(!this.wasUp, "event-order", () => "connect for the second time");
        this.up = true;
        this.wasUp = true;
        return;
      case "disconnect":
        demand(this.up, "event-order", () => "disconnect without a link");
        this.up = false;
        return;
      case "reconnecting":
        demand(!this.up, "event-order", () => `${name} with a link`);
        return;
      case "move":
        this.moved(...(args as Parameters<Listener<"move">>));
        return;
      case "standby":
      case "failback":
        this.spare(name, ...(args as Parameters<Listener<"standby">>));
        return;
      case "reconnect":
        demand(!this.up && this.wasUp, "event-order", () => "reconnect without an outage");
        this.up = true;
        return;
      case "messageLost":
        for (const lost of args[0] as Parameters<Listener<"messageLost">>[0]) this.posts.tell(lost);
        return;
      case "error": {
        if (isFailure(args[0] as Error)) this.failuresTold++;
        return;
      }
      case "close":
        demand(nc.state === "closed" && nc.isClosed(), "event-order", () => `close in ${nc.state}`);
        this.isClosed = true;
        return;
      default:
    }
  }

  /** The state stays, and the server is another one, or the only one. */
  private moved({ from, to, reason, overlap, twins }: Parameters<Listener<"move">>[0]): void {
    const { nc, up, state } = this;
    this.coverage.count("move", reason);
    const what = () => `from ${from} to ${to}, ${overlap} ms, ${twins} twins, in ${state}`;
    const isSane = overlap >= 0 && Number.isInteger(twins) && twins >= 0;
    demand(up && (state === "connected" || state === "draining") && isSane, "move", what);
    // It may have been lost since.
    demand(["", to].includes(nc.getServer()), "move", () => `${what()}: getServer() says ${nc.getServer()}`);
  }

  /** A link beside the one in use stands, or does not: the latter is told once. */
  private spare(name: "standby" | "failback", { server, ready, error }: SpareInfo): void {
    this.coverage.count("spare", `${name} ${ready ? "ready" : "lost"}`);
    const what = () => `${name} at ${server}, ready: ${ready}, ${error?.message}`;
    demand(ready || this.spares.get(name) !== false, "spare-event", () => `${what()}, for the second time`);
    demand(!ready || error === undefined, "spare-event", what);
    this.spares.set(name, ready);
  }

  /** Everything has happened. */
  conclude(): void {
    const { failuresMade: made, failuresTold: told } = this;
    demand(this.told.length === 0, "listeners", () => `${this.told} did not reach the last one`);
    demand(this.isClosed, "event-order", () => "no close event");
    demand(this.state === "closed", "transition", () => `at the end the state was told to be ${this.state}`);
    demand(told === made, "failures", () => `${made} failures of callbacks, ${told} were told`);
  }
}

/**
 * The failure of a callback or of a listener: the one of a promise may come behind the end. That of an option is told once an
 * outage, whatever it is asked.
 */
function isFailure({ code, message }: Error & { code?: string }): boolean {
  return (
    (code === "CALLBACK_FAILED" && !message.startsWith("option ")) || message.startsWith("a listener of")
  );
}
