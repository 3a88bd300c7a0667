import type { Context } from "@opentelemetry/api";
import type { Api } from "./api.js";
import { Carrier } from "./carrier.js";
import type { Durations } from "./durations.js";
import type { LinkFacts } from "./link-facts.js";
import type { InstrumentSettings } from "./options.js";
import { Spans } from "./spans.js";
import { SubjectNames } from "./subject-names.js";
import type { Troubles } from "./troubles.js";

/** What sending and handling have in common on one connection. */
export class Tracing {
  readonly api: Api;
  readonly settings: InstrumentSettings;
  readonly facts: LinkFacts;
  readonly names: SubjectNames;
  readonly carrier: Carrier;
  readonly spans: Spans;
  readonly troubles: Troubles;
  /** Undefined when nothing is measured. */
  readonly durations: Durations | undefined;
  /** Everything goes through as if nothing was there, from now on. */
  isStopped = false;
  /** The reply subject of the message that is handled within a context. */
  private readonly replyKey: symbol;

  constructor(
    api: Api,
    settings: InstrumentSettings,
    facts: LinkFacts,
    troubles: Troubles,
    durations: Durations | undefined,
    inboxPrefix: string | undefined,
  ) {
    this.api = api;
    this.settings = settings;
    this.facts = facts;
    this.troubles = troubles;
    this.durations = durations;
    this.names = new SubjectNames(settings, inboxPrefix, troubles);
    this.carrier = new Carrier(api, settings.propagator);
    this.spans = new Spans(api, settings, facts, troubles);
    this.replyKey = api.createContextKey("holdfast reply subject");
  }

  /** Whether messages are given spans, and contexts to take along. */
  get carries(): boolean {
    return this.settings.tracer !== undefined;
  }

  /** Whether there is nothing to trace with now, and nothing to take along: cheap, for it is asked for each message. */
  get isIdle(): boolean {
    if (this.isStopped) return true;
    if (!this.spans.isIdle) return false;
    return !this.carries || this.active === this.api.ROOT_CONTEXT;
  }

  /** What is active now. */
  get active(): Context {
    try {
      return this.api.context.active();
    } catch (cause) {
      this.troubles.tell("the context manager", cause);
      return this.api.ROOT_CONTEXT;
    }
  }

  /** Runs `part` within a context, where contexts are taken along. Returns and throws as it does. */
  within<R>(context: Context, part: () => R): R {
    if (!this.carries) return part();
    let isCalled = false;
    try {
      return this.api.context.with(context, () => {
        isCalled = true;
        return part();
      });
    } catch (error) {
      if (isCalled) throw error;
      this.troubles.tell("the context manager", error);
      return part();
    }
  }

  /** What option `filter` says. */
  wants(subject: string, operation: "publish" | "request" | "process"): boolean {
    const { filter } = this.settings;
    if (filter === undefined) return true;
    try {
      const wanted: unknown = filter(subject, operation);
      if (wanted instanceof Promise) wanted.catch(() => {});
      return wanted !== false;
    } catch (cause) {
      this.troubles.tell('option "filter"', cause);
      return true;
    }
  }

  replySubject(context: Context): string | undefined {
    return context.getValue(this.replyKey) as string | undefined;
  }

  withReplySubject(context: Context, subject: string): Context {
    return context.setValue(this.replyKey, subject);
  }
}
