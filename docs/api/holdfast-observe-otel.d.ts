// What a program sees that imports "holdfast/observe/otel". Made by `npm run docs`.
// What is in holdfast.d.ts as well stands only there.

export type { ReceivedMessage } from "./incoming.js";
export { type Instrumentation, instrument } from "./instrument.js";
export type { InstrumentOptions } from "./options.js";

// observe/otel/incoming

interface ReceivedMessage {
    readonly subject: string;
    readonly data: Uint8Array;
    readonly headers?: MsgHdrs;
    readonly reply?: string;
}

// observe/otel/instrument

interface Instrumentation {
    process<R>(msg: ReceivedMessage, handle: () => R, options?: {
        queue?: string;
    }): R;
    stop(): void;
}

declare function instrument(nc: Connection, options?: InstrumentOptions): Instrumentation;

// observe/otel/options

interface InstrumentOptions {
    traces?: boolean;
    metrics?: boolean;
    tracer?: Tracer;
    tracerProvider?: TracerProvider;
    meter?: Meter;
    meterProvider?: MeterProvider;
    propagator?: TextMapPropagator;
    subjects?: boolean;
    template?: (subject: string) => string | undefined;
    parent?: "producer" | "link";
    filter?: (subject: string, operation: "publish" | "request" | "process") => boolean;
}
