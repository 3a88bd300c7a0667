// What a program sees that imports "holdfast/service". Made by `npm run docs`.
// What is in holdfast.d.ts as well stands only there.

export type { WorkListener } from "../checks/listeners.js";
export { optionsFromEnv } from "../index.js";
export { type ConsumeHandler, consume } from "./consume/consume.js";
export type { ConsumeContext, ConsumeOptions, DeadLetterOptions } from "./consume/consume-options.js";
export type { Consumption } from "./consume/consumption.js";
export type { Delivery, DeliveryInfo } from "./consume/delivery.js";
export { ensureConsumer, type WantedConsumer } from "./consume/ensure-consumer.js";
export { type EnsureOptions, ensureStream, type WantedStream } from "./consume/ensure-stream.js";
export type { ConsumptionEvents, ConsumptionState } from "./consume/events.js";
export { handle } from "./handle/handle.js";
export type { HandleOptions } from "./handle/handle-options.js";
export type { Handler, HandlerEvents } from "./handle/handler.js";
export type { ExecuteOptions, PolicyContext } from "./policy/execute-options.js";
export type { BreakerOptions, HedgeOptions, PolicyCall, PolicyOptions, RetryOptions, SamplingOptions, } from "./policy/options.js";
export { type PolicyBreaker, policy, type RequestPolicy } from "./policy/policy.js";
export type { PolicyCounts } from "./policy/policy-counts.js";
export type { BreakerChange, PolicyEvents, PolicyFallback, PolicyHedge, PolicyRetry, } from "./policy/policy-events.js";
export { request } from "./policy/request.js";
export type { AnyPolicy, RequestSettings, ServiceRequestOptions } from "./policy/request-options.js";
export type { ServiceError } from "./policy/service-answer.js";
export { gracefulShutdown, type Shutdown } from "./shutdown/graceful-shutdown.js";
export type { Closable, ShutdownOptions } from "./shutdown/options.js";
export type { ComponentLeft, ConnectionLeft, ServerLeft, ShutdownReport } from "./shutdown/report.js";
export type { Handled, HandlerContext, HandlerFunction } from "./work/attempt.js";
export type { Codec, CodecName, Encoded } from "./work/codec.js";
export type { RetryBackoff } from "./work/retry-delays.js";
export { UnrecoverableError } from "./work/unrecoverable.js";
export type { DeadLetterInfo, DiscardedInfo, RetryInfo } from "./work/work-events.js";
export type { WorkOptions } from "./work/work-options.js";

// checks/listeners

type WorkListener<T> = (info: T) => unknown;

// service/consume/consume-options

interface ConsumeContext extends Pick<Attempt<Delivery>, "subject" | "headers" | "msg" | "signal"> {
    readonly attempt: number;
    readonly stream: string;
    readonly sequence: number;
    readonly deliveryCount: number;
    readonly redelivered: boolean;
    working(): void;
}

interface DeadLetterOptions {
    subject: string;
    stream?: string;
    ensure?: boolean | Partial<StreamConfig>;
}

interface ConsumeOptions<T = unknown> extends WorkOptions<T, Delivery, ConsumeContext> {
    stream: string;
    durable: string;
    ensure?: boolean | {
        stream?: boolean | Partial<StreamConfig>;
        consumer?: boolean | Partial<ConsumerConfig>;
    };
    domain?: string;
    prefetch?: number;
    maxDeliver?: number;
    deadLetter?: string | DeadLetterOptions;
    retry?: "redeliver" | "inPlace";
    working?: boolean;
    confirmAcks?: boolean;
    apiTimeout?: number;
}

// service/consume/consume

type ConsumeHandler<T = unknown> = (data: T, context: ConsumeContext) => unknown;

declare function consume<N extends keyof CodecData<Delivery>>(nc: Connection, options: ConsumeOptions<CodecData<Delivery>[N]> & DataByName<N>, handler: ConsumeHandler<CodecData<Delivery>[N]>): Promise<Consumption>;

declare function consume<T>(nc: Connection, options: ConsumeOptions<T> & DataByCodec<T>, handler: ConsumeHandler<T>): Promise<Consumption>;

declare function consume<T = unknown>(nc: Connection, options: ConsumeOptions<T>, handler: ConsumeHandler<T>): Promise<Consumption>;

// service/consume/consumption

interface Consumption extends Component, AsyncDisposable {
    readonly stream: string;
    readonly durable: string;
    readonly state: ConsumptionState;
    facts(): ConsumerFacts;
    ready(options?: {
        timeout?: number;
    }): Promise<void>;
    stop(options?: {
        timeout?: number;
    }): Promise<void>;
    on<E extends keyof ConsumptionEvents>(event: E, listener: WorkListener<ConsumptionEvents[E]>): this;
    once<E extends keyof ConsumptionEvents>(event: E, listener: WorkListener<ConsumptionEvents[E]>): this;
    off<E extends keyof ConsumptionEvents>(event: E, listener: WorkListener<ConsumptionEvents[E]>): this;
}

// service/consume/delivery

type Answer = "ack" | "nak" | "term";

interface DeliveryInfo {
    domain: string;
    account_hash?: string;
    stream: string;
    consumer: string;
    deliveryCount: number;
    redelivered: boolean;
    streamSequence: number;
    deliverySequence: number;
    timestampNanos: number;
    pending: number;
}

declare class Delivery {
    get answered(): Answer | undefined;
    get subject(): string;
    get data(): Uint8Array;
    get headers(): MsgHdrs | undefined;
    get sid(): number;
    get reply(): string;
    get seq(): number;
    get redelivered(): boolean;
    get time(): Date;
    get timestamp(): string;
    get timestampNanos(): bigint;
    get info(): DeliveryInfo;
    json<T>(): T;
    string(): string;
    ack(): void;
    nak(delay?: number): void;
    working(): void;
    term(reason?: string): void;
    ackAck(options?: {
        timeout?: number;
    }): Promise<boolean>;
    next(): void;
    toJSON(): object;
}

// service/consume/ensure-consumer

type WantedConsumer = Partial<ConsumerConfig> & {
    durable_name: string;
};

declare function ensureConsumer(nc: Connection, stream: string, config: WantedConsumer, options?: EnsureOptions): Promise<ConsumerInfo>;

// service/consume/ensure-stream

type WantedStream = Partial<StreamConfig> & {
    name: string;
};

interface EnsureOptions {
    domain?: string;
    timeout?: number;
}

declare function ensureStream(nc: Connection, config: WantedStream, options?: EnsureOptions): Promise<StreamInfo>;

// service/consume/events

type ConsumptionState = ConsumerFacts["state"];

interface ConsumptionEvents {
    state: {
        readonly from: ConsumptionState;
        readonly to: ConsumptionState;
        readonly reason: string;
    };
    recovered: {
        readonly after: number;
        readonly reason: string;
    };
    recreated: {
        readonly what: "stream" | "consumer";
        readonly name: string;
    };
    retry: RetryInfo;
    deadLetter: DeadLetterInfo;
    discarded: DiscardedInfo;
}

// service/consume/jetstream

type ConsumerConfig = JetStreamPackage.ConsumerConfig;

type ConsumerInfo = JetStreamPackage.ConsumerInfo;

type StreamConfig = JetStreamPackage.StreamConfig;

type StreamInfo = JetStreamPackage.StreamInfo;

// service/handle/handle-options

interface HandleOptions<T = unknown> extends WorkOptions<T, Msg, HandlerContext> {
    queue?: string;
    retries?: number;
    deadLetter?: string;
    respond?: boolean;
    pendingLimit?: PendingLimit;
    resubscribeOnPermission?: boolean;
}

// service/handle/handle

declare function handle<N extends keyof CodecData<Msg>>(nc: Connection, subject: string, handler: HandlerFunction<CodecData<Msg>[N]>, options: HandleOptions<CodecData<Msg>[N]> & DataByName<N>): Handler;

declare function handle<T>(nc: Connection, subject: string, handler: HandlerFunction<T>, options: HandleOptions<T> & DataByCodec<T>): Handler;

declare function handle<T = unknown>(nc: Connection, subject: string, handler: HandlerFunction<T>, options?: HandleOptions<T>): Handler;

// service/handle/handler

interface HandlerEvents {
    retry: RetryInfo;
    deadLetter: DeadLetterInfo;
    discarded: DiscardedInfo;
}

interface Handler extends Component, AsyncDisposable {
    readonly subject: string;
    readonly closed: Promise<undefined | Error>;
    facts(): HandlerFacts;
    ready(options?: {
        timeout?: number;
    }): Promise<void>;
    stop(options?: ComponentStopOptions): Promise<void>;
    on<E extends keyof HandlerEvents>(event: E, listener: WorkListener<HandlerEvents[E]>): this;
    once<E extends keyof HandlerEvents>(event: E, listener: WorkListener<HandlerEvents[E]>): this;
    off<E extends keyof HandlerEvents>(event: E, listener: WorkListener<HandlerEvents[E]>): this;
}

// service/policy/execute-options

interface ExecuteOptions {
    subject?: string;
    connection?: Connection;
    idempotent?: boolean;
    timeout?: number;
    totalTimeout?: number;
    signal?: AbortSignal;
}

interface PolicyContext {
    readonly subject: string;
    readonly attempt: number;
    readonly signal: AbortSignal;
}

// service/policy/options

interface PolicyCall {
    readonly subject: string;
    readonly data: unknown;
}

interface RetryOptions {
    retries?: number;
    backoff?: RetryBackoff | IBackoffFactory<IRetryBackoffContext<unknown>>;
    when?: (error: Error, call: PolicyCall & {
        readonly attempt: number;
        readonly idempotent: boolean;
    }) => unknown;
}

interface SamplingOptions {
    threshold?: number;
    duration?: number;
    minimumRps?: number;
}

interface BreakerOptions {
    failures?: number;
    sampling?: SamplingOptions;
    strategy?: () => IBreaker;
    halfOpenAfter?: number;
    key?: (subject: string) => string;
    when?: (error: Error) => unknown;
    max?: number;
}

interface HedgeOptions {
    after: number | "p50" | "p90" | "p95" | "p99";
    max?: number;
}

interface PolicyOptions {
    name?: string;
    timeout?: number | false;
    totalTimeout?: number;
    idempotent?: boolean;
    retry?: RetryOptions | number | false;
    breaker?: BreakerOptions | false;
    fallback?: ((error: Error, call: PolicyCall) => unknown) | false;
    hedge?: HedgeOptions | false;
}

// service/policy/policy-counts

interface PolicyCounts {
    calls: number;
    failed: number;
    retried: number;
    rejected: number;
    hedged: number;
    fallbacks: number;
}

// service/policy/policy-events

interface BreakerChange {
    readonly subject: string;
    readonly from: BreakerState;
    readonly to: BreakerState;
    readonly connection: string | undefined;
}

interface PolicyRetry {
    readonly subject: string;
    readonly attempt: number;
    readonly delay: number;
    readonly error: Error;
    readonly connection: string | undefined;
}

interface PolicyFallback {
    readonly subject: string;
    readonly error: Error;
    readonly connection: string | undefined;
}

interface PolicyHedge {
    readonly subject: string;
    readonly after: number;
    readonly connection: string | undefined;
}

interface PolicyEvents {
    breaker: BreakerChange;
    retry: PolicyRetry;
    fallback: PolicyFallback;
    hedge: PolicyHedge;
}

// service/policy/policy

interface PolicyBreaker extends BreakerFacts {
    readonly connection: string | undefined;
}

declare class RequestPolicy {
    get name(): string;
    get counts(): Readonly<PolicyCounts>;
    get breakers(): readonly PolicyBreaker[];
    isolate(subject: string): () => void;
    execute<T>(call: (context: PolicyContext) => PromiseLike<T> | T, options?: ExecuteOptions | AbortSignal): Promise<T>;
    on<N extends keyof PolicyEvents>(event: N, listener: WorkListener<PolicyEvents[N]>): this;
    once<N extends keyof PolicyEvents>(event: N, listener: WorkListener<PolicyEvents[N]>): this;
    off<N extends keyof PolicyEvents>(event: N, listener: WorkListener<PolicyEvents[N]>): this;
}

declare function policy(options?: PolicyOptions): RequestPolicy;

// service/policy/request-options

interface ServiceRequestOptions extends Partial<RequestOptions> {
    timeout?: number;
    totalTimeout?: number;
    idempotent?: boolean;
    signal?: AbortSignal;
    codec?: CodecName | Codec;
    schema?: StandardSchemaV1;
}

type RequestSettings = ServiceRequestOptions & Omit<PolicyOptions, "breaker" | "name" | "timeout">;

type AnyPolicy = RequestPolicy | Pick<IPolicy, "execute">;

// service/policy/request

declare function request<S extends StandardSchemaV1>(nc: Connection, subject: string, data: unknown, policy: RequestSettings & {
    schema: S;
}): Promise<StandardSchemaV1.InferOutput<S>>;

declare function request<S extends StandardSchemaV1>(nc: Connection, subject: string, data: unknown, policy: AnyPolicy | RequestSettings | undefined, options: ServiceRequestOptions & {
    schema: S;
}): Promise<StandardSchemaV1.InferOutput<S>>;

declare function request<N extends keyof CodecData<Msg>>(nc: Connection, subject: string, data: unknown, policy: RequestSettings & DataByName<N>): Promise<CodecData<Msg>[N]>;

declare function request<N extends keyof CodecData<Msg>>(nc: Connection, subject: string, data: unknown, policy: AnyPolicy | RequestSettings | undefined, options: ServiceRequestOptions & DataByName<N>): Promise<CodecData<Msg>[N]>;

declare function request<T>(nc: Connection, subject: string, data: unknown, policy: RequestSettings & DataByCodec<T>): Promise<T>;

declare function request<T>(nc: Connection, subject: string, data: unknown, policy: AnyPolicy | RequestSettings | undefined, options: ServiceRequestOptions & DataByCodec<T>): Promise<T>;

declare function request<T = unknown>(nc: Connection, subject: string, data?: unknown, policy?: AnyPolicy | RequestSettings, options?: ServiceRequestOptions): Promise<T>;

// service/policy/service-answer

interface ServiceError extends HoldfastError {
    code: "SERVICE_ERROR";
    serviceCode: number;
}

// service/shutdown/graceful-shutdown

interface Shutdown extends Disposable {
    begin(reason?: string): Promise<ShutdownReport>;
    readonly signal: AbortSignal;
    readonly done: Promise<ShutdownReport>;
    [Symbol.dispose](): void;
}

declare function gracefulShutdown(nc: Connection | readonly Connection[], options?: ShutdownOptions): Shutdown;

// service/shutdown/options

interface Closable {
    close(callback?: (error?: Error) => void): unknown;
}

interface ShutdownOptions {
    signals?: readonly NodeJS.Signals[];
    timeout?: number;
    delay?: number;
    before?: (report: ShutdownReport) => unknown;
    after?: (report: ShutdownReport) => unknown;
    servers?: Closable | readonly Closable[];
    last?: Closable | readonly Closable[];
    log?: false | ((line: string) => void);
    exit?: false | ((code: number, report: ShutdownReport) => unknown);
}

// service/shutdown/report

interface ShutdownReport {
    readonly reason: string;
    readonly signal: NodeJS.Signals | undefined;
    readonly forcedBy: NodeJS.Signals | undefined;
    readonly timedOut: boolean;
    readonly took: number;
    readonly complete: boolean;
    readonly connections: readonly ConnectionLeft[];
    readonly components: readonly ComponentLeft[];
    readonly servers: readonly ServerLeft[];
    readonly errors: readonly Error[];
}

interface ConnectionLeft {
    readonly name: string;
    readonly closed: boolean;
    readonly drained: boolean;
    readonly buffered: {
        readonly messages: number;
        readonly bytes: number;
    };
    readonly dropped: number;
    readonly unconfirmed: number;
}

interface ComponentLeft {
    readonly connection: string;
    readonly kind: string;
    readonly name: string;
    readonly stopped: boolean;
    readonly inFlight: number;
    readonly waiting: number;
    readonly deadLettered: number;
    readonly discarded: number;
}

interface ServerLeft {
    readonly name: string;
    readonly closed: boolean;
    readonly connections: number;
    readonly requests: number;
}

// service/work/attempt

interface Handled extends Encoded {
    readonly headers?: MsgHdrs | undefined;
}

interface HandlerContext<M extends Handled = Msg> {
    readonly subject: string;
    readonly headers: MsgHdrs | undefined;
    readonly msg: M;
    readonly signal: AbortSignal;
    readonly attempt: number;
}

type HandlerFunction<T = unknown, C = HandlerContext> = (data: T, context: C) => unknown;

declare class Attempt<M extends Handled = Msg> {
    readonly msg: M;
    readonly attempt: number;
    get subject(): string;
    get headers(): MsgHdrs | undefined;
    get signal(): AbortSignal;
    toJSON(): {
        subject: string;
        attempt: number;
    };
}

// service/work/codec

interface Encoded {
    readonly subject: string;
    readonly data: Uint8Array;
    string(): string;
}

type CodecName = "json" | "string" | "bytes" | "none";

interface Codec<T = unknown> {
    decode(msg: Encoded): T | Promise<T>;
    encode?(value: unknown): Payload;
}

// service/work/retry-delays

interface RetryBackoff {
    initial?: number;
    max?: number;
    factor?: number;
    jitter?: number;
}

// service/work/unrecoverable

declare class UnrecoverableError extends Error {
    constructor(message: string, options?: ErrorOptions);
}

// service/work/work-events

interface RetryInfo {
    readonly subject: string;
    readonly attempt: number;
    readonly delay: number;
    readonly error: HoldfastError;
}

interface DeadLetterInfo {
    readonly subject: string;
    readonly to: string;
    readonly attempts: number;
    readonly error: HoldfastError;
}

interface DiscardedInfo {
    readonly subject: string;
    readonly attempts: number;
    readonly error: HoldfastError;
}

// service/work/work-options

interface WorkOptions<T, M, C> {
    concurrency?: number;
    codec?: CodecName | Codec<unknown>;
    schema?: StandardSchemaV1<unknown, T>;
    timeout?: number;
    backoff?: RetryBackoff;
    key?: (data: T, msg: M) => string;
    onError?: (error: HoldfastError, context: C) => unknown;
}

interface CodecData<M> {
    none: M;
    string: string;
    bytes: Uint8Array;
}

interface DataByName<N extends CodecName> {
    codec: N;
    schema?: undefined;
}

interface DataByCodec<T> {
    codec: Codec<T>;
    schema?: undefined;
}
