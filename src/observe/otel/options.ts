import type { Meter, MeterProvider, TextMapPropagator, Tracer, TracerProvider } from "@opentelemetry/api";
import { invalidOption } from "../../checks/invalid.js";
import { type Check, oneOf, readOptions } from "../../checks/read-options.js";
import { VERSION } from "../../index.js";
import type { Api } from "./api.js";

/** Options of {@link instrument}. */
export interface InstrumentOptions {
  /** Whether there are spans, and contexts in headers. Default true. */
  traces?: boolean;
  /** Whether there are metrics. Default true. */
  metrics?: boolean;
  /** Makes the spans. Default: one of `tracerProvider`. */
  tracer?: Tracer;
  /** Gives the tracer. Default: the one that is registered, also if that happens later. */
  tracerProvider?: TracerProvider;
  /** Makes the instruments. Default: one of `meterProvider`. */
  meter?: Meter;
  /** Gives the meter. Default: the one that is registered; it must be so before this call. */
  meterProvider?: MeterProvider;
  /** Puts contexts into headers, and reads them. Default: the one that is registered, also if that happens later. */
  propagator?: TextMapPropagator;
  /**
   * Whether spans have the subject, `messaging.destination.name`. If not, neither do they have what may tell of it: the subjects of
   * subscriptions and replies, the texts of errors. Default true.
   */
  subjects?: boolean;
  /**
   * What stands for a subject where there must be few different ones: `orders.{id}` for `orders.17`. It becomes
   * `messaging.destination.template`, a part of the span's name, and an attribute of metrics. For a subject without one it returns
   * undefined. Default: no subject has one.
   */
  template?: (subject: string) => string | undefined;
  /**
   * What the span of a handler is: `"producer"`, a child of the span that has sent the message; `"link"`, the beginning of a trace of its own (or a
   * child of the span that is active where `process()` is called). It has a link to the sender in both cases. Default `"producer"`.
   */
  parent?: "producer" | "link";
  /** Which messages are traced; those for which it returns false are left as they are. Default: all. */
  filter?: (subject: string, operation: "publish" | "request" | "process") => boolean;
}

/** Options with their defaults. */
export interface InstrumentSettings {
  /** Undefined when there are to be no spans. */
  readonly tracer: Tracer | undefined;
  /** Where it is from, unless it was given itself. */
  readonly tracerProvider: TracerProvider | undefined;
  /** Undefined when there are to be no metrics, or nobody would get them. */
  readonly meter: Meter | undefined;
  readonly propagator: TextMapPropagator | undefined;
  readonly subjects: boolean;
  readonly template: InstrumentOptions["template"];
  readonly parent: "producer" | "link";
  readonly filter: InstrumentOptions["filter"];
}

/** The name of the instrumentation scope. */
const SCOPE = "holdfast";

const flag: Check = (value) => (typeof value === "boolean" ? undefined : "must be true or false");
const callable: Check = (value) => (typeof value === "function" ? undefined : "must be a function");

/** Something with these methods: what it is an instance of depends on the SDK. */
function having(what: string, ...methods: string[]): Check {
  return (value) =>
    typeof value === "object" &&
    value !== null &&
    methods.every((name) => typeof (value as Record<string, unknown>)[name] === "function")
      ? undefined
      : `must be a ${what} of OpenTelemetry`;
}

const CHECKS: Record<keyof InstrumentOptions, Check> = {
  traces: flag,
  metrics: flag,
  tracer: having("Tracer", "startSpan"),
  tracerProvider: having("TracerProvider", "getTracer"),
  meter: having("Meter", "createHistogram", "createObservableCounter", "addBatchObservableCallback"),
  meterProvider: having("MeterProvider", "getMeter"),
  propagator: having("TextMapPropagator", "inject", "extract"),
  subjects: flag,
  template: callable,
  parent: oneOf("producer", "link"),
  filter: callable,
};

/** Options that make no sense together. */
const EXCLUDED: readonly (readonly [option: keyof InstrumentOptions, by: keyof InstrumentOptions])[] = [
  ["tracerProvider", "tracer"],
  ["meterProvider", "meter"],
];

/** Options that say nothing when there are no spans, or no metrics. */
const NEEDS_TRACES = ["tracer", "tracerProvider", "propagator", "subjects", "parent", "filter"] as const;
const NEEDS_METRICS = ["meter", "meterProvider"] as const;

/**
 * Checks the options and fills in the defaults.
 *
 * @throws an error with code `INVALID_OPTION` and the option's name
 */
export function toInstrumentSettings(given: unknown, api: Api): InstrumentSettings {
  const options = readOptions<InstrumentOptions>(given, CHECKS);
  for (const [option, by] of EXCLUDED)
    if (options[option] !== undefined && options[by] !== undefined)
      throw invalidOption(option, `is not looked at when there is "${by}"`);
  const { traces = true, metrics = true, subjects = true, parent = "producer" } = options;
  const pointless = [
    ...(traces ? [] : NEEDS_TRACES.map((option) => [option, "traces"] as const)),
    ...(metrics ? [] : NEEDS_METRICS.map((option) => [option, "metrics"] as const)),
  ];
  for (const [option, by] of pointless)
    if (options[option] !== undefined) throw invalidOption(option, `is not looked at with "${by}": false`);
  if (!traces && !metrics) throw invalidOption("metrics", 'is false, and "traces" too: nothing is left');

  const tracerProvider =
    !traces || options.tracer !== undefined
      ? undefined
      : (options.tracerProvider ?? api.trace.getTracerProvider());
  const meterProvider = options.meterProvider ?? api.metrics.getMeterProvider();
  const meter = metrics ? (options.meter ?? meterProvider.getMeter(SCOPE, VERSION)) : undefined;
  const { template, filter, propagator } = options;
  return {
    tracer: traces ? (options.tracer ?? tracerProvider?.getTracer(SCOPE, VERSION)) : undefined,
    tracerProvider,
    meter: meter === api.createNoopMeter() ? undefined : meter,
    propagator,
    subjects,
    template,
    parent,
    filter,
  };
}
