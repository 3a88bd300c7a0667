import type { Attributes, Context, Link, Span } from "@opentelemetry/api";
import type { Api } from "./api.js";
import { failureOf } from "./failures.js";
import type { LinkFacts } from "./link-facts.js";
import type { Operation } from "./operations.js";
import type { InstrumentSettings } from "./options.js";
import type { Troubles } from "./troubles.js";

/** What a span begins with. */
export interface SpanStart {
  readonly operation: Operation;
  /** What its name has of the destination. */
  readonly destination: string | undefined;
  /** All that is known at its begin: samplers decide by it. */
  readonly attributes: Attributes;
  readonly links: Link[] | undefined;
}

/** Makes spans. None of its methods throws: a message goes its way, whatever becomes of its span. */
export class Spans {
  private readonly api: Api;
  private readonly settings: InstrumentSettings;
  private readonly facts: LinkFacts;
  private readonly troubles: Troubles;
  /** What stands where no SDK is registered; undefined when this cannot be known. */
  private readonly nothing: unknown;

  constructor(api: Api, settings: InstrumentSettings, facts: LinkFacts, troubles: Troubles) {
    this.api = api;
    this.settings = settings;
    this.facts = facts;
    this.troubles = troubles;
    const { tracerProvider } = settings;
    this.nothing =
      tracerProvider instanceof api.ProxyTracerProvider
        ? new api.ProxyTracerProvider().getDelegate()
        : undefined;
  }

  /** Whether no SDK is registered now: then there are no spans. */
  get isIdle(): boolean {
    const { tracer, tracerProvider } = this.settings;
    if (tracer === undefined) return true;
    if (this.nothing === undefined) return false;
    return (tracerProvider as { getDelegate?(): unknown }).getDelegate?.() === this.nothing;
  }

  /** The attributes that every span of the operation has, to be completed. */
  attributesOf(operation: Operation): Attributes {
    return { ...this.facts.baseOf(operation) };
  }

  /** Begins a span within `context`; undefined when it cannot be had. */
  start({ operation, destination, attributes, links }: SpanStart, context: Context): Span | undefined {
    const name = destination === undefined ? operation.name : `${operation.name} ${destination}`;
    const kind = this.api.SpanKind[operation.kind];
    try {
      return this.settings.tracer?.startSpan(name, { kind, attributes, links }, context);
    } catch (cause) {
      this.troubles.tell("the tracer", cause);
      return undefined;
    }
  }

  /** Adds attributes that only a span which is recorded is worth. */
  add(span: Span | undefined, attributes: () => Attributes): void {
    try {
      if (span?.isRecording() === true) span.setAttributes(attributes());
    } catch (cause) {
      this.troubles.tell("a span", cause);
    }
  }

  /** Tells of an error that has not ended what the span stands for. */
  note(span: Span | undefined, error: unknown): void {
    try {
      if (span?.isRecording() === true)
        span.recordException(failureOf(error, this.settings.subjects).exception);
    } catch (cause) {
      this.troubles.tell("a span", cause);
    }
  }

  /** Ends a span. */
  end(span: Span | undefined): void {
    try {
      span?.end();
    } catch (cause) {
      this.troubles.tell("a span", cause);
    }
  }

  /** Ends a span with the error that has ended what it stands for. */
  fail(span: Span | undefined, error: unknown): void {
    try {
      if (span?.isRecording() === true) {
        const { attributes, message, exception } = failureOf(error, this.settings.subjects);
        span.setAttributes(attributes);
        span.recordException(exception);
        span.setStatus({ code: this.api.SpanStatusCode.ERROR, message });
      }
    } catch (cause) {
      this.troubles.tell("a span", cause);
    }
    this.end(span);
  }
}
