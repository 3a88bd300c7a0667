import type { Context, SpanContext, TextMapPropagator } from "@opentelemetry/api";
import { headers, Match, type MsgHdrs } from "../../index.js";
import type { Api } from "./api.js";

/** Headers that are being given a context: a copy is made when there is something to put in. */
interface Filling {
  readonly given: MsgHdrs | undefined;
  filled: MsgHdrs | undefined;
}

const setter = {
  set(filling: Filling, name: string, value: string): void {
    // What the application says of itself stands.
    if (filling.given?.has(name, Match.IgnoreCase)) return;
    if (filling.filled === undefined) {
      // There is no such header in it yet; set() would look.
      filling.filled = copyOf(filling.given);
      filling.filled.append(name, value);
    } else filling.filled.set(name, value);
  },
};

const getter = {
  keys: (carried: MsgHdrs) => carried.keys(),
  get(carried: MsgHdrs, name: string): string | string[] | undefined {
    const exact = carried.values(name);
    // Go's HeaderCarrier writes "Traceparent".
    const values = exact.length > 0 ? exact : carried.values(name, Match.IgnoreCase);
    return values.length > 1 ? values : values[0];
  },
};

/** Takes contexts along in the headers of messages, in the form that a propagator gives them. */
export class Carrier {
  private readonly api: Api;
  private readonly propagator: Pick<TextMapPropagator, "inject" | "extract">;
  private readonly isOwn: boolean;

  /** @param propagator default: the one that is registered, also if that happens later */
  constructor(api: Api, propagator: TextMapPropagator | undefined) {
    this.api = api;
    this.propagator = propagator ?? api.propagation;
    this.isOwn = propagator !== undefined;
  }

  /** Whether there is a propagator that may find something in headers. */
  get reads(): boolean {
    return this.isOwn || this.api.propagation.fields().length > 0;
  }

  /**
   * The headers with the context; undefined when the propagator has nothing to add. Those that were given are not changed.
   *
   * @throws what the propagator throws
   */
  fill(context: Context, given: MsgHdrs | undefined): MsgHdrs | undefined {
    const filling: Filling = { given, filled: undefined };
    this.propagator.inject(context, filling, setter);
    return filling.filled;
  }

  /** `context` with what the headers carry. @throws what the propagator throws */
  read(context: Context, carried: MsgHdrs | undefined): Context {
    return carried === undefined ? context : this.propagator.extract(context, carried, getter);
  }

  /** The span that the headers name; undefined when they name none. @throws what the propagator throws */
  spanIn(carried: MsgHdrs): SpanContext | undefined {
    return this.spanOf(this.read(this.api.ROOT_CONTEXT, carried));
  }

  /** The span of a context; undefined when it has none. */
  spanOf(context: Context): SpanContext | undefined {
    const found = this.api.trace.getSpanContext(context);
    return found !== undefined && this.api.isSpanContextValid(found) ? found : undefined;
  }
}

function copyOf(given: MsgHdrs | undefined): MsgHdrs {
  if (given === undefined) return headers();
  const copy = headers(given.code, given.description);
  for (const [name, values] of given) for (const value of values) copy.append(name, value);
  return copy;
}
