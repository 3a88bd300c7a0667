import type { Connection, Health } from "../../index.js";
import { componentsOf } from "../components/ledger.js";
import { type Reading, readComponent } from "../components/reading.js";
import type { HealthSettings } from "../health-options.js";
import { duration } from "./duration.js";
import { Ending } from "./ending.js";
import { outageOf, whyUnhealthy, whyUnready } from "./readiness.js";
import { Overdue, RoundTrip } from "./round-trip.js";
import { SlowConsumers } from "./slow-consumers.js";
import { toldCause, toldError } from "./told-cause.js";
import { toldComponents } from "./told-components.js";

/** What a health endpoint answers. */
export interface Answer {
  /** 200 or 503. */
  readonly code: number;
  /** Becomes JSON. `status` is what may be told to everybody. */
  readonly body: { readonly status: string };
}

/** The questions that there are, and how the good and the bad answer are called. */
const STATUS = {
  health: ["healthy", "unhealthy"],
  live: ["live", "not live"],
  ready: ["ready", "not ready"],
  nats: ["healthy", "unhealthy"],
} as const;

/** What a health endpoint is asked for. */
export type Question = keyof typeof STATUS;

/** What is found of one connection. */
interface Finding {
  readonly good: boolean;
  readonly facts: object;
}

/** Answers questions about connections from memory, but for the one that wants a round trip. */
export class Answers {
  private readonly connections: readonly Connection[];
  /** An array was given: then there is an array in the answers, also if it has one element. */
  private readonly several: boolean;
  private readonly settings: HealthSettings;

  constructor(connections: readonly Connection[], several: boolean, settings: HealthSettings) {
    this.connections = connections;
    this.several = several;
    this.settings = settings;
    for (const nc of connections) {
      Ending.of(nc);
      if (settings.readiness.mode === "consumer") SlowConsumers.of(nc);
    }
  }

  answer(question: Question): Answer | Promise<Answer> {
    if (question !== "nats")
      return this.put(
        question,
        this.connections.map((nc) => this[question](nc)),
      );
    return Promise.all(this.connections.map((nc) => this.nats(nc))).then((findings) =>
      this.put("nats", findings),
    );
  }

  private put(question: Question, findings: readonly Finding[]): Answer {
    const [yes, no] = STATUS[question];
    const bodies = findings.map(({ good, facts }, index) => ({
      ...(this.several ? { name: this.nameOf(index) } : {}),
      status: good ? yes : no,
      ...facts,
    }));
    const good = findings.every((finding) => finding.good);
    const body = this.several ? { status: good ? yes : no, connections: bodies } : bodies[0];
    return { code: good ? 200 : 503, body };
  }

  /** Whom an entry is about: option `name`, or its place. */
  private nameOf(index: number): string {
    return this.connections[index].options.name ?? `connection ${index + 1}`;
  }

  private health(nc: Connection): Finding {
    const health = nc.health();
    const { connected, state, server, reconnectAttempts, reconnectCount, buffer, rtt, stats } = health;
    const facts = {
      connected,
      state,
      server,
      lastConnectedAt: iso(health.lastConnectedAt),
      lastDisconnectedAt: iso(health.lastDisconnectedAt),
      reconnectCount,
      reconnectAttempts,
      rtt: rtt ?? null,
      buffer,
      lastError: toldError(nc),
      stats,
      ...toldComponents(readingsOf(nc)),
    };
    const why = whyUnhealthy(health, wallClock());
    return { good: health.status === "healthy", facts: { ...facts, ...bad(nc, health, why) } };
  }

  private live(nc: Connection): Finding {
    const { over, error } = Ending.of(nc);
    if (this.settings.liveness === "process" || !over || error === undefined)
      return { good: true, facts: {} };
    return {
      good: false,
      facts: bad(nc, nc.health(), "the connection was closed by an error and does not come back"),
    };
  }

  private ready(nc: Connection): Finding {
    const { readiness } = this.settings;
    const health = nc.health();
    const now = wallClock();
    const isDropping = readiness.mode === "consumer" && SlowConsumers.of(nc).any;
    const why = whyUnready(health, readiness, now, isDropping, readingsOf(nc));
    const { connected, state, server, buffer } = health;
    const outage = Math.round(outageOf(health, now) ?? 0);
    return {
      good: why === undefined,
      facts: { connected, state, server, outage, buffer, ...bad(nc, health, why) },
    };
  }

  private async nats(nc: Connection): Promise<Finding> {
    const before = nc.health();
    if (!before.connected) return unanswered(nc, whyUnhealthy(before, wallClock()));
    const { deadline, maxAge } = this.settings;
    try {
      const rtt = await RoundTrip.of(nc).ask(deadline, maxAge, before.lastConnectedAt);
      const { connected, state, server, stats } = nc.health();
      const { inMsgs, outMsgs, inBytes, outBytes } = stats;
      return {
        good: true,
        facts: { connected, state, server, rtt, stats: { inMsgs, outMsgs, inBytes, outBytes } },
      };
    } catch (error) {
      const why =
        error instanceof Overdue
          ? `no answer to a PING for ${duration(error.waited)}, the deadline is ${duration(deadline)}`
          : "the link was lost before the server answered a PING";
      return unanswered(nc, why);
    }
  }
}

/** There was no round trip. */
function unanswered(nc: Connection, why: string | undefined): Finding {
  const health = nc.health();
  const { connected, state, server } = health;
  return { good: false, facts: { connected, state, server, ...bad(nc, health, why) } };
}

/** What is told of a connection beside its facts: why the answer is no, and why there is no link. */
function bad(nc: Connection, health: Health, reason: string | undefined): object {
  const cause = toldCause(nc, health);
  return { ...(reason === undefined ? {} : { reason }), ...(cause === undefined ? {} : { cause }) };
}

function readingsOf(nc: Connection): Reading[] {
  return componentsOf(nc).map(readComponent);
}

function iso(at: number | undefined): string | null {
  return at === undefined ? null : new Date(at).toISOString();
}

/** ms since the epoch by the clock that connections go by: it does not jump when somebody sets the system's. */
function wallClock(): number {
  return performance.timeOrigin + performance.now();
}
