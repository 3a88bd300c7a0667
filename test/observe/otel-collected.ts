import { context, type Span, trace } from "@opentelemetry/api";
import { AsyncLocalStorageContextManager } from "@opentelemetry/context-async-hooks";
import { W3CTraceContextPropagator } from "@opentelemetry/core";
import {
  BasicTracerProvider,
  InMemorySpanExporter,
  type ReadableSpan,
  type Sampler,
  SimpleSpanProcessor,
} from "@opentelemetry/sdk-trace-base";
import { until } from "../support/until.js";

/** A real SDK that keeps the spans that have ended. */
export class Collected implements AsyncDisposable {
  readonly exporter = new InMemorySpanExporter();
  readonly tracerProvider: BasicTracerProvider;
  readonly propagator = new W3CTraceContextPropagator();

  constructor(sampler?: Sampler) {
    this.tracerProvider = new BasicTracerProvider({
      sampler,
      spanProcessors: [new SimpleSpanProcessor(this.exporter)],
    });
  }

  /** What to give to `instrument()`. */
  get options() {
    return { tracerProvider: this.tracerProvider, propagator: this.propagator, metrics: false } as const;
  }

  get spans(): ReadableSpan[] {
    return this.exporter.getFinishedSpans();
  }

  /** The only span of this name, when it has ended. */
  async span(name: string): Promise<ReadableSpan> {
    await until(
      () => this.spans.some((span) => span.name === name),
      () => `span "${name}" among ${this.spans.map((span) => span.name).join(", ")}`,
    );
    const found = this.spans.filter((span) => span.name === name);
    if (found.length > 1) throw new Error(`${found.length} spans have the name "${name}"`);
    return found[0];
  }

  /** Runs `action` within a span of the application. */
  async within<R>(name: string, action: (span: Span) => R | Promise<R>): Promise<R> {
    const span = this.tracerProvider.getTracer("test").startSpan(name);
    try {
      return await context.with(trace.setSpan(context.active(), span), () => action(span));
    } finally {
      span.end();
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.tracerProvider.shutdown();
  }
}

/** The context manager is one per process: it is there until the end of the file that has asked for it. */
export function useContextManager(): { disable(): void } {
  const manager = new AsyncLocalStorageContextManager().enable();
  if (!context.setGlobalContextManager(manager)) throw new Error("another context manager is registered");
  return { disable: () => context.disable() };
}
