// What a program sees that imports "holdfast". Made by `npm run docs`.

export type { CallbackOptions, EventCallback } from "./client/callbacks.js";
export { connectionOptionNames } from "./client/check-options.js";
export type { BreakerFacts, BreakerState, Component, ComponentFacts, ComponentStopOptions, ConsumerFacts, HandlerFacts, OtherFacts, OutboxFacts, PolicyFacts, PublisherFacts, ShutdownFacts, WorkCounts, } from "./client/components.js";
export { connect } from "./client/connect.js";
export type { Connection } from "./client/connection.js";
export { credsFileAuthenticator } from "./client/creds-file.js";
export type { DiagnoseOptions, Diagnosis, FailedAttempt, OutageRecord, Pattern, PatternKind, } from "./client/diagnosis/diagnosis.js";
export type { DurableOverflow } from "./client/durable.js";
export { DurationHistogram } from "./client/duration-histogram.js";
export type { EndOptions } from "./client/ending.js";
export type { DescribeEnvOptions } from "./client/env/describe.js";
export { type OptionsFromEnv, optionsFromEnv } from "./client/env.js";
export { type AttemptInfo, type BufferInfo, type CloseInfo, type ConnectionEvents, type ConnectionState, type DisconnectInfo, type EventName, Events, type Listener, type MoveInfo, type OverflowInfo, type PartitionInfo, type ReconnectInfo, type ReconnectingInfo, type SpareInfo, type StateChange, } from "./client/events.js";
export type { Buffered, ConnectionStats } from "./client/facts.js";
export type { Health } from "./client/health.js";
export type { Finding, FindingLevel, LintAround } from "./client/lint/finding.js";
export { lint } from "./client/lint/lint.js";
export type { Histogram, Measurements, MeasureOptions } from "./client/measurements.js";
export type { HoldfastMsg } from "./client/msg.js";
export { normalizeSubject } from "./client/normalize-subject.js";
export type { ConnectionOptions, ConnectionOptions as NodeConnectionOptions, DelayInfo, FailbackOptions, PreferredServer, SocketDialer, } from "./client/options.js";
export type { PendingLimit, PendingPolicy } from "./client/pending-limit.js";
export type { ProbeOptions } from "./client/probe/options.js";
export { probe } from "./client/probe/probe.js";
export type { ProbeAddress, ProbeAuth, ProbeCertificate, ProbeDns, ProbeJetStream, ProbeJetStreamFailure, ProbePayload, ProbeReport, ProbeRtt, ProbeStep, ProbeStepName, ProbeTcp, ProbeTcpFailure, ProbeTls, ProbeTlsFailure, } from "./client/probe/report.js";
export type { PublishOptions } from "./client/publish-options.js";
export type { Subscription as HoldfastSubscription } from "./client/subscription.js";
export type { SubscriptionOptions as HoldfastSubscriptionOptions } from "./client/subscription-options.js";
export type { TlsOptions } from "./client/tls-options.js";
export type { WebSocketHeaders, WebSocketOptions } from "./client/websocket-options.js";
export { wsconnect } from "./client/ws-connect.js";
export type { BackoffOptions } from "./core/backoff.js";
export type { DropReason } from "./core/books.js";
export type { Cause, CauseKind } from "./core/cause.js";
export type { LostMessage, MoveReason } from "./core/events.js";
export type { Overflow, OverflowDecision, OverflowMessage, OverflowPolicy } from "./core/overflow.js";
export type { BufferLevel } from "./core/pressure.js";
export { ErrorCode, isHoldfastError } from "./errors.js";
export type { AnyAuthenticator } from "./interop/auth.js";
export * from "./interop/drop-in.js";
export type { HoldfastError } from "./interop/errors.js";
export { VERSION } from "./version.js";

// causes

type CauseKind = "client" | "network" | "refused" | "server-shutdown" | "lame-duck" | "stale" | "slow-consumer" | "overload" | "authentication" | "tls" | "protocol" | "payload" | "local-stall" | "unknown";

interface Cause {
    kind: CauseKind;
    code: ErrorCode | "CLOSE" | "RECONNECT";
    message: string;
    evidence: string[];
    advice: string[];
    docs: string;
}

// client/callbacks

type EventCallback<E extends EventName> = (...args: [...args: ConnectionEvents[E], nc: Connection]) => unknown;

interface CallbackOptions {
    connectedCb?: EventCallback<"connect">;
    closedCb?: EventCallback<"close">;
    disconnectedCb?: EventCallback<"disconnect">;
    reconnectedCb?: EventCallback<"reconnect">;
    reconnectErrCb?: EventCallback<"attemptFailed">;
    discoveredServersCb?: EventCallback<"update">;
    asyncErrorCb?: EventCallback<"error">;
    lameDuckCb?: EventCallback<"lameDuck">;
}

// client/check-options

declare const connectionOptionNames: ReadonlySet<string>;

// client/components

interface Component {
    facts(): ComponentFacts;
    stop?(options?: ComponentStopOptions): Promise<void>;
}

interface ComponentStopOptions {
    timeout?: number;
}

type ComponentFacts = HandlerFacts | ConsumerFacts | PolicyFacts | ShutdownFacts | OutboxFacts | PublisherFacts | OtherFacts;

interface Facts {
    readonly name: string;
    readonly unready?: string;
    readonly failing?: string;
    readonly lastError?: Error;
}

interface WorkCounts {
    readonly inFlight: number;
    readonly waiting: number;
    readonly handled: number;
    readonly retried: number;
    readonly failed: number;
    readonly timedOut: number;
    readonly invalid: number;
    readonly deadLettered: number;
    readonly discarded: number;
    readonly abandoned?: number;
    readonly durations: Histogram;
}

interface HandlerFacts extends Facts, WorkCounts {
    readonly kind: "handler";
    readonly subject: string;
    readonly queue: string | undefined;
    readonly state: "running" | "stopping" | "stopped";
    readonly concurrency: number;
}

interface ConsumerFacts extends Facts, WorkCounts {
    readonly kind: "consumer";
    readonly stream: string;
    readonly consumer: string;
    readonly state: "starting" | "consuming" | "recovering" | "stopping" | "stopped";
    readonly concurrency: number;
    readonly acked: number;
    readonly naked: number;
    readonly termed: number;
    readonly redelivered: number;
    readonly recoveries: number;
    readonly recreated: number;
    readonly pending: number | undefined;
    readonly ackPending: number | undefined;
    readonly lastMessageAt: number | undefined;
}

type BreakerState = "closed" | "open" | "half-open" | "isolated";

interface BreakerFacts {
    readonly subject: string;
    readonly state: BreakerState;
    readonly opened: number;
}

interface PolicyFacts extends Facts {
    readonly kind: "policy";
    readonly calls: number;
    readonly failed: number;
    readonly retried: number;
    readonly rejected: number;
    readonly hedged: number;
    readonly fallbacks: number;
    readonly breakers: readonly BreakerFacts[];
}

interface ShutdownFacts extends Facts {
    readonly kind: "shutdown";
    readonly phase: "waiting" | "delaying" | "stopping" | "draining" | "done";
}

interface OutboxFacts extends Facts {
    readonly kind: "outbox";
    readonly mode: "overflow" | "always";
    readonly state: "idle" | "sending" | "waiting" | "closed";
    readonly messages: number;
    readonly bytes: number;
    readonly maxBytes: number;
    readonly oldestAge: number;
    readonly parked: number;
    readonly recovered: number;
    readonly stored: number;
    readonly confirmed: number;
    readonly expired: number;
    readonly refused: number;
    readonly lost: number;
    readonly flushes: Histogram;
    readonly failures: number;
}

interface PublisherFacts extends Facts {
    readonly kind: "publisher";
    readonly stream: string | undefined;
    readonly state: "running" | "recovering" | "stopping" | "stopped";
    readonly inFlight: number;
    readonly waiting: number;
    readonly acked: number;
    readonly duplicates: number;
    readonly retried: number;
    readonly failed: number;
    readonly durations: Histogram;
}

interface OtherFacts extends Facts {
    readonly kind: "other";
}

// client/connect

declare function connect(options?: ConnectionOptions): Promise<Connection>;

// client/connection-facts

declare abstract class ConnectionFacts {
    abstract isClosed(): boolean;
    get state(): ConnectionState;
    get lastError(): Error | undefined;
    get history(): readonly StateChange[];
    health(): Health;
    diagnose(options?: DiagnoseOptions): Diagnosis;
    get options(): OfficialOptions;
    get features(): Features;
    getServerVersion(): SemVer | undefined;
    get info(): ServerInfo | undefined;
    stats(): ConnectionStats;
    get buffered(): Buffered;
    getServer(): string;
    getServers(): ReadonlyArray<Server>;
    toJSON(): {
        state: ConnectionState;
        server: string;
        stats: ConnectionStats;
    };
}

// client/connection-listeners

declare abstract class ConnectionListeners extends ConnectionFacts {
    on<E extends EventName>(event: E, listener: Listener<E>): this;
    once<E extends EventName>(event: E, listener: Listener<E>): this;
    off<E extends EventName>(event: E, listener: Listener<E>): this;
    status(): QueuedIterator<Status>;
    addCloseListener(listener: ConnectionClosedListener): void;
    removeCloseListener(listener: ConnectionClosedListener): void;
}

// client/connection

declare class Connection extends ConnectionListeners {
    publish(subject: string, payload?: Payload, options?: PublishOptions): boolean;
    publishConfirmed(subject: string, payload?: Payload, options?: PublishOptions): Promise<void>;
    publishDurable(subject: string, payload?: Payload, options?: PublishOptions): Promise<void>;
    fence(): Promise<void>;
    writable(options?: {
        bypassOverflow?: boolean;
    }): Promise<void>;
    publishMessage(msg: Msg): boolean;
    respondMessage(msg: Msg): boolean;
    flush(options?: {
        timeout?: number;
    }): Promise<void>;
    rtt(): Promise<number>;
    subscribe(subject: string, options?: SubscriptionOptions): Subscription;
    request(subject: string, payload?: Payload, options?: Partial<RequestOptions> & Pick<PublishOptions, "encodedHeaders" | "recovered"> & {
        signal?: AbortSignal;
    }): Promise<Msg>;
    requestMany(subject: string, payload?: Payload, options?: Partial<RequestManyOptions>): Promise<QueuedIterator<Msg>>;
    context(): Promise<ConnectionContext>;
    measure(options?: MeasureOptions): Measurements;
    addComponent(component: Component): () => void;
    report(error: Error): void;
    get components(): readonly Component[];
    setServers(servers: string[]): void;
    reconnect(): Promise<void>;
    drain(options?: EndOptions): Promise<void>;
    drainSubscriptions(): Promise<void>;
    close(options?: EndOptions): Promise<void>;
    closed(): Promise<undefined | Error>;
    isClosed(): boolean;
    isDraining(): boolean;
    [Symbol.asyncDispose](): Promise<void>;
}

// client/context

interface ConnectionContext {
    server: {
        name: string;
        host: string;
        id: string;
        ver: string;
        jetstream: boolean;
        cluster?: string;
        domain?: string;
        tags?: string[];
        seq: number;
        time: Date;
    };
    data: {
        user: string;
        account: string;
        permissions?: {
            publish?: {
                deny?: string[];
                allow?: string[];
            };
            subscribe?: {
                deny?: string[];
                allow?: string[];
            };
            responses?: {
                max: number;
                ttl: number;
            };
        };
    };
}

// client/creds-file

declare function credsFileAuthenticator(file: string): Authenticator;

// client/diagnosis/diagnosis

interface DiagnoseOptions {
    outages?: number;
}

interface FailedAttempt {
    server: string;
    at: number;
    cause: Cause;
}

interface OutageRecord {
    server: string;
    at: number;
    stood: number;
    cause: Cause;
    attempts: FailedAttempt[];
    failed: number;
    downtime: number | undefined;
    to: string | undefined;
    unconfirmed: number;
    abandoned: number;
    replayed: number;
    largest: number;
    together: number;
}

type PatternKind = "interval" | "same-minute" | "after-large-message" | "same-server" | "removed-alone" | "together" | "after-stall" | "flapping" | "authentication" | "failing-server" | "dns" | "slower-reconnects";

interface Pattern {
    kind: PatternKind;
    message: string;
    evidence: string[];
    advice: string[];
    docs: string;
}

interface Diagnosis {
    outages: OutageRecord[];
    patterns: Pattern[];
    findings: Finding[];
}

// client/durable

interface DurableOverflow extends Overflow {
    attach(nc: Connection): void;
    detach(): Promise<void>;
    store(message: OverflowMessage): Promise<void>;
    confirmLast?(): Promise<void>;
    writable?(): Promise<void>;
}

// client/duration-histogram

declare class DurationHistogram {
    readonly bounds: readonly number[];
    readonly counts: number[];
    sum: number;
    count: number;
    constructor(bounds: readonly number[]);
    add(ms: number): void;
}

// client/ending

interface EndOptions {
    timeout?: number;
}

// client/env

interface OptionsFromEnv {
    (env?: Readonly<Record<string, string | undefined>>, defaults?: ConnectionOptions): ConnectionOptions;
    describe(options?: DescribeEnvOptions): string;
}

declare const optionsFromEnv: OptionsFromEnv;

// client/env/describe

interface DescribeEnvOptions {
    env?: Readonly<Record<string, string | undefined>>;
    format?: "text" | "markdown";
}

// client/events

type ConnectionState = "disconnected" | "connecting" | "connected" | "reconnecting" | "draining" | "closed";

interface StateChange {
    from: ConnectionState;
    to: ConnectionState;
    at: number;
    reason: string;
}

interface DisconnectInfo {
    server: string;
    cause: Cause;
    unconfirmed: number;
    abandoned: number;
}

interface ReconnectingInfo {
    attempt: number;
    server: string;
    delay: number;
    error: Error | undefined;
    cause: Cause | undefined;
    abandoned: number;
}

interface AttemptInfo {
    server: string;
    attempt: number;
    cause: Cause;
    abandoned: number;
}

interface ReconnectInfo {
    server: string;
    previous: string;
    downtime: number;
    attempts: number;
    replayed: number;
    serverChanged: boolean;
}

interface MoveInfo {
    from: string;
    to: string;
    reason: MoveReason;
    overlap: number;
    twins: number;
}

interface SpareInfo {
    server: string;
    ready: boolean;
    error: Error | undefined;
    cause: Cause | undefined;
}

interface PartitionInfo {
    duration: number;
    previous: string;
    server: string;
    serverChanged: boolean;
}

interface OverflowInfo {
    policy: string;
    messages: number;
    bytes: number;
    limit: number;
    buffered: number;
}

interface BufferInfo {
    level: BufferLevel;
    messages: number;
    bytes: number;
    limit: number;
    ratio: number;
}

interface CloseInfo {
    cause: Cause;
    dropped: number;
    unconfirmed: number;
}

interface ConnectionEvents {
    state: [change: StateChange];
    connect: [
        info: {
            server: string;
        }
    ];
    disconnect: [error: Error | undefined, info: DisconnectInfo];
    reconnecting: [info: ReconnectingInfo];
    attemptFailed: [error: Error, info: AttemptInfo];
    reconnect: [info: ReconnectInfo];
    move: [info: MoveInfo];
    standby: [info: SpareInfo];
    failback: [info: SpareInfo];
    partition: [info: PartitionInfo];
    update: [
        change: {
            added: string[];
            deleted: string[];
        }
    ];
    lameDuck: [
        info: {
            server: string;
        }
    ];
    serverInfo: [info: ServerInfo];
    error: [error: Error];
    messageLost: [messages: LostMessage[]];
    overflow: [info: OverflowInfo];
    buffer: [info: BufferInfo];
    slowConsumer: [
        info: {
            subscription: Subscription;
            pending: number;
            dropped: number;
        }
    ];
    close: [error: Error | undefined, info: CloseInfo];
}

type EventName = keyof ConnectionEvents;

declare const Events: {
    readonly State: "state";
    readonly Connect: "connect";
    readonly Disconnect: "disconnect";
    readonly Reconnecting: "reconnecting";
    readonly AttemptFailed: "attemptFailed";
    readonly Reconnect: "reconnect";
    readonly Move: "move";
    readonly Standby: "standby";
    readonly Failback: "failback";
    readonly Partition: "partition";
    readonly Update: "update";
    readonly LameDuck: "lameDuck";
    readonly ServerInfo: "serverInfo";
    readonly Error: "error";
    readonly MessageLost: "messageLost";
    readonly Overflow: "overflow";
    readonly Buffer: "buffer";
    readonly SlowConsumer: "slowConsumer";
    readonly Close: "close";
};

type Listener<E extends EventName> = (...args: ConnectionEvents[E]) => void;

// client/facts

interface ConnectionStats {
    inMsgs: number;
    inBytes: number;
    outMsgs: number;
    outBytes: number;
    reconnects: number;
    accepted: number;
    confirmed: number;
    refused: number;
    pending: number;
    dropped: number;
    unconfirmed: number;
    acceptedBytes: number;
    confirmedBytes: number;
    refusedBytes: number;
    pendingBytes: number;
    droppedBytes: number;
    unconfirmedBytes: number;
    replayed: number;
    rejected: number;
    overflowed: number;
    recovered: number;
    dropReasons: Readonly<Record<string, number>>;
}

interface Buffered {
    messages: number;
    bytes: number;
    limit: number;
    ratio: number;
    oldestAge: number;
}

// client/health

interface Health {
    status: "healthy" | "unhealthy";
    connected: boolean;
    state: ConnectionState;
    accepting: boolean;
    server: string;
    reconnectAttempts: number;
    reconnectCount: number;
    lastConnectedAt: number | undefined;
    lastDisconnectedAt: number | undefined;
    lastError: string | undefined;
    lastCause: Cause | undefined;
    buffer: Buffered;
    rtt: number | undefined;
    stats: ConnectionStats;
}

// client/lint/finding

type FindingLevel = "error" | "warning" | "hint";

interface Finding {
    rule: string;
    level: FindingLevel;
    option: string | undefined;
    variable?: string;
    message: string;
    why: string;
    advice: string[];
    docs: string;
}

interface LintAround {
    heapLimit?: number;
    probeTimeout?: number;
    gracePeriod?: number;
}

// client/lint/lint

declare function lint(options: ConnectionOptions, around?: LintAround): Finding[];

// client/measurements

interface Histogram {
    readonly bounds: readonly number[];
    readonly counts: readonly number[];
    readonly sum: number;
    readonly count: number;
}

interface MeasureOptions {
    subject?: (subject: string) => string;
    subjects?: number;
}

interface Measurements {
    publishLatency(): Histogram;
    published(): ReadonlyMap<string, number>;
    stop(): void;
}

// client/msg

interface Responder {
    publish(subject: string, payload?: Payload, options?: PublishOptions): boolean;
}

declare class HoldfastMsg {
    readonly sid: number;
    readonly publisher: Responder;
    get subject(): string;
    get reply(): string;
    get headers(): MsgHdrs | undefined;
    get data(): Uint8Array;
    size(): number;
    respond(payload?: Payload, options?: PublishOptions): boolean;
    json<T = unknown>(reviver?: (key: string, value: unknown) => unknown): T;
    string(): string;
    toJSON(): {
        subject: string;
        reply: string;
        sid: number;
        size: number;
    };
    get isNoResponders(): boolean;
}

// client/normalize-subject

declare function normalizeSubject(subject: string): string;

// client/official

declare const SHOWN: ["debug", "ignoreAuthErrorAbort", "ignoreClusterUpdates", "inboxPrefix", "maxPingOut", "maxReconnectAttempts", "name", "noAsyncTraces", "noEcho", "noRandomize", "pedantic", "pingInterval", "reconnect", "reconnectJitter", "reconnectJitterTLS", "reconnectTimeWait", "servers", "timeout", "verbose", "waitOnFirstConnect"];

type OfficialOptions = Readonly<Pick<NatsConnectionOptions, (typeof SHOWN)[number]>>;

// client/options

interface DelayInfo {
    error: Error | undefined;
}

type SocketDialer = (server: Server) => Socket | Promise<Socket>;

type PreferredServer = (server: Server, info: ServerInfo | undefined) => boolean;

interface FailbackOptions {
    interval?: number;
    stable?: number;
}

interface ConnectionOptions extends CallbackOptions {
    servers?: string | string[];
    port?: number;
    name?: string;
    user?: string;
    pass?: string;
    token?: string;
    authenticator?: AnyAuthenticator | AnyAuthenticator[];
    tls?: TlsOptions | null;
    websocket?: WebSocketOptions;
    timeout?: number;
    reconnect?: boolean;
    maxReconnectAttempts?: number;
    backoff?: Partial<BackoffOptions>;
    reconnectTimeWait?: number;
    reconnectJitter?: number;
    reconnectJitterTLS?: number;
    reconnectDelayHandler?: (attempt: number, info: DelayInfo) => number;
    reconnectToServer?: ReconnectToServerHandler;
    preferredServers?: string[] | PreferredServer;
    failback?: FailbackOptions | false;
    standby?: boolean;
    moveSettle?: number;
    lameDuckJitter?: number;
    noRandomize?: boolean;
    resolve?: boolean;
    dialer?: SocketDialer;
    localAddress?: string;
    localPort?: number;
    keepAlive?: boolean | number;
    noDelay?: boolean;
    pingInterval?: number;
    maxPingOut?: number;
    stallTimeout?: number;
    flusherTimeout?: number;
    partitionThreshold?: number;
    noEcho?: boolean;
    verbose?: boolean;
    debug?: boolean;
    noAsyncTraces?: boolean;
    pedantic?: boolean;
    ignoreClusterUpdates?: boolean;
    resubscribeOnPermission?: boolean;
    inboxPrefix?: string;
    ignoreAuthErrorAbort?: boolean;
    waitOnFirstConnect?: boolean;
    retryOnFailedConnect?: boolean;
    delivery?: "at-least-once" | "at-most-once";
    reconnectBufSize?: number;
    maxBufferedMessages?: number;
    overflow?: OverflowPolicy | "outbox" | Overflow;
    outbox?: DurableOverflow;
    maxPending?: number;
    pendingLimit?: PendingLimit;
    replayMargin?: number;
    beforeReplay?: (nc: Connection) => Promise<void> | void;
    beforeReplayTimeout?: number;
    closeTimeout?: number;
    drainTimeout?: number;
}

// client/pending-limit

type PendingPolicy = "drop-newest" | "drop-oldest";

interface PendingLimit {
    messages?: number;
    bytes?: number;
    policy?: PendingPolicy;
}

// client/probe/options

interface ProbeOptions extends Pick<ConnectionOptions, "user" | "pass" | "token" | "authenticator" | "tls" | "websocket" | "name" | "inboxPrefix"> {
    tlsName?: string;
    timeout?: number;
    deadline?: number;
    pings?: number;
    payload?: number;
    publish?: boolean;
    jetstream?: boolean | {
        domain?: string;
    };
    signal?: AbortSignal;
    onStep?: (step: ProbeStep) => void;
}

// client/probe/probe

declare function probe(url: string, options?: ProbeOptions): Promise<ProbeReport>;

// client/probe/report

type ProbeStepName = "dns" | "tcp" | "tls" | "info" | "auth" | "rtt" | "payload" | "jetstream";

interface ProbeStep {
    name: ProbeStepName;
    ok: boolean;
    ms: number;
    detail: string;
    error?: HoldfastError;
}

interface ProbeDns {
    hostname: string;
    literal: boolean;
    addresses: {
        address: string;
        family: 4 | 6;
    }[];
}

type ProbeTcpFailure = "refused" | "timeout" | "unreachable" | "other";

interface ProbeAddress {
    address: string;
    family: 4 | 6;
    ok: boolean;
    ms: number;
    why?: ProbeTcpFailure;
    code?: string;
}

interface ProbeTcp {
    addresses: ProbeAddress[];
    used?: string;
}

type ProbeTlsFailure = "expired" | "not-yet-valid" | "wrong-name" | "unknown-authority" | "self-signed" | "revoked" | "client-certificate" | "no-tls" | "timeout" | "other";

interface ProbeCertificate {
    subject: string;
    issuer: string;
    names: string[];
    validFrom: number;
    validTo: number;
    days: number;
    selfSigned: boolean;
    fingerprint: string;
}

interface ProbeTls {
    first: boolean;
    ok: boolean;
    authorized?: boolean;
    why?: ProbeTlsFailure;
    code?: string;
    name: string;
    protocol?: string;
    cipher?: string;
    chain: ProbeCertificate[];
    daysToExpiry?: number;
    clientCertificate?: boolean;
}

interface ProbeAuth {
    required: boolean;
    given: ("user" | "pass" | "token" | "nkey" | "jwt")[];
    accepted: boolean;
    refusal?: string;
}

interface ProbeRtt {
    sent: number;
    received: number;
    lost: number;
    best?: number;
    median?: number;
    p99?: number;
    worst?: number;
    jitter?: number;
}

interface ProbePayload {
    size: number;
    maxPayload: number;
    fits: boolean;
    published: boolean;
    ms?: number;
}

type ProbeJetStreamFailure = "no-responders" | "not-enabled" | "no-permission" | "timeout" | "error";

interface ProbeJetStream {
    ok: boolean;
    subject: string;
    why?: ProbeJetStreamFailure;
    error?: {
        code?: number;
        errCode?: number;
        description: string;
    };
    domain?: string;
    used?: {
        memory: number;
        storage: number;
        streams: number;
        consumers: number;
    };
    limits?: {
        memory: number;
        storage: number;
        streams: number;
        consumers: number;
    };
    level?: number;
    api?: {
        total: number;
        errors: number;
    };
}

interface ProbeReport {
    server: string;
    scheme: "nats" | "tls" | "ws" | "wss";
    ok: boolean;
    at: number;
    ms: number;
    steps: ProbeStep[];
    dns?: ProbeDns;
    tcp?: ProbeTcp;
    tls?: ProbeTls;
    info?: ServerInfo;
    auth?: ProbeAuth;
    rtt?: ProbeRtt;
    payload?: ProbePayload;
    jetstream?: ProbeJetStream;
    failed?: ProbeStepName;
    cause?: Cause;
    aborted?: true;
}

// client/publish-options

interface PublishOptions extends NatsPublishOptions {
    replay?: boolean;
    ttl?: number;
    critical?: boolean;
    bypassOverflow?: boolean;
    encodedHeaders?: Uint8Array;
    recovered?: boolean;
}

// client/subscription-options

interface SubscriptionOptions extends Omit<NatsSubscriptionOptions, "callback"> {
    callback?: (error: Error | null, msg: Msg) => unknown;
    pendingLimit?: PendingLimit;
    slow?: number;
    resubscribeOnPermission?: boolean;
}

// client/subscription

declare class Subscription {
    callback: MsgCallback<Msg>;
    get closed(): Promise<undefined | Error>;
    unsubscribe(max?: number): void;
    drain(): Promise<void>;
    [Symbol.asyncDispose](): Promise<void>;
    isDraining(): boolean;
    isClosed(): boolean;
    getSubject(): string;
    getReceived(): number;
    getProcessed(): number;
    getPending(): number;
    getDropped(): number;
    getID(): number;
    getMax(): number | undefined;
    toJSON(): {
        subject: string;
        sid: number;
        received: number;
        processed: number;
        pending: number;
        dropped: number;
        closed: boolean;
    };
    [Symbol.asyncIterator](): AsyncIterator<Msg>;
}

// client/tls-options

type Pem = string | Uint8Array;

interface TlsOptions {
    handshakeFirst?: boolean;
    ca?: Pem | Pem[];
    caFile?: string;
    cert?: Pem;
    certFile?: string;
    key?: Pem;
    keyFile?: string;
    passphrase?: string;
    rejectUnauthorized?: boolean;
    servername?: string;
    checkServerIdentity?: NodeTlsOptions["checkServerIdentity"];
    minVersion?: SecureVersion;
    maxVersion?: SecureVersion;
    ciphers?: string;
}

// client/websocket-options

type WebSocketHeaders = Record<string, string>;

interface WebSocketOptions {
    headers?: WebSocketHeaders | (() => WebSocketHeaders);
    compression?: boolean;
}

// client/ws-connect

declare function wsconnect(options?: ConnectionOptions): Promise<Connection>;

// core/backoff

interface BackoffOptions {
    initial: number;
    max: number;
    factor: number;
    jitter: "spread" | "full" | number;
    maxAttempts: number;
}

// core/books

type DropReason = "max-payload" | "headers" | "closed" | "drop-oldest" | "drop-newest" | "ttl" | "poison" | "pull" | "timeout" | "unsent" | "kept";

// core/events

interface LostMessage {
    subject: string;
    size: number;
    age: number;
    reason: DropReason;
    maybeDelivered: boolean;
    data: Uint8Array | undefined;
}

type MoveReason = "lame-duck" | "reconnect" | "servers" | "failback";

// core/overflow

interface OverflowMessage {
    readonly subject: string;
    readonly reply: string;
    readonly headers: Uint8Array | undefined;
    readonly payload: Uint8Array | string;
    readonly bytes: number;
    readonly ttl?: number | undefined;
    readonly replay?: boolean | undefined;
    readonly critical?: boolean | undefined;
    readonly own?: boolean | undefined;
}

type OverflowDecision = "reject" | "drop-oldest" | "drop-newest" | "taken" | "pass";

interface Overflow {
    readonly name: string;
    readonly engaged?: boolean;
    offer(message: OverflowMessage): OverflowDecision;
    refusal?(): Error | undefined;
    keep?(message: OverflowMessage, maybeDelivered: boolean): boolean;
}

declare const POLICIES: readonly ["reject", "drop-oldest", "drop-newest"];

type OverflowPolicy = (typeof POLICIES)[number];

// core/pressure

type BufferLevel = "high" | "normal";

// errors

declare const ErrorCode: {
    readonly AUTHENTICATION_EXPIRED: "AUTHENTICATION_EXPIRED";
    readonly AUTHENTICATION_REVOKED: "AUTHENTICATION_REVOKED";
    readonly AUTHENTICATOR_FAILED: "AUTHENTICATOR_FAILED";
    readonly AUTHORIZATION_VIOLATION: "AUTHORIZATION_VIOLATION";
    readonly BEFORE_REPLAY_FAILED: "BEFORE_REPLAY_FAILED";
    readonly BUFFER_FULL: "BUFFER_FULL";
    readonly CALLBACK_FAILED: "CALLBACK_FAILED";
    readonly CIRCUIT_OPEN: "CIRCUIT_OPEN";
    readonly CONNECTION_CLOSED: "CONNECTION_CLOSED";
    readonly CONNECTION_DRAINING: "CONNECTION_DRAINING";
    readonly CONNECTION_LOST: "CONNECTION_LOST";
    readonly CONNECTION_REFUSED: "CONNECTION_REFUSED";
    readonly CONNECTION_THROTTLED: "CONNECTION_THROTTLED";
    readonly CONSUMER_FAILED: "CONSUMER_FAILED";
    readonly DEAD_LETTER_FAILED: "DEAD_LETTER_FAILED";
    readonly DISCONNECTED: "DISCONNECTED";
    readonly HANDLER_FAILED: "HANDLER_FAILED";
    readonly HANDLER_TIMEOUT: "HANDLER_TIMEOUT";
    readonly HEADERS_UNSUPPORTED: "HEADERS_UNSUPPORTED";
    readonly INVALID_ARGUMENT: "INVALID_ARGUMENT";
    readonly INVALID_MESSAGE: "INVALID_MESSAGE";
    readonly INVALID_OPERATION: "INVALID_OPERATION";
    readonly INVALID_OPTION: "INVALID_OPTION";
    readonly INVALID_PAYLOAD: "INVALID_PAYLOAD";
    readonly INVALID_SUBJECT: "INVALID_SUBJECT";
    readonly MAX_CONNECTIONS_EXCEEDED: "MAX_CONNECTIONS_EXCEEDED";
    readonly MAX_CONTROL_LINE_EXCEEDED: "MAX_CONTROL_LINE_EXCEEDED";
    readonly MAX_PAYLOAD_EXCEEDED: "MAX_PAYLOAD_EXCEEDED";
    readonly MAX_PENDING_EXCEEDED: "MAX_PENDING_EXCEEDED";
    readonly MAX_RECONNECT_ATTEMPTS: "MAX_RECONNECT_ATTEMPTS";
    readonly MAX_SUBSCRIPTIONS_EXCEEDED: "MAX_SUBSCRIPTIONS_EXCEEDED";
    readonly MESSAGE_DROPPED: "MESSAGE_DROPPED";
    readonly NO_RESPONDERS: "NO_RESPONDERS";
    readonly OUTBOX_FAILED: "OUTBOX_FAILED";
    readonly OUTBOX_FULL: "OUTBOX_FULL";
    readonly OUTBOX_IN_USE: "OUTBOX_IN_USE";
    readonly OUT_OF_ORDER: "OUT_OF_ORDER";
    readonly OVERFLOWED: "OVERFLOWED";
    readonly PACKAGE_MISSING: "PACKAGE_MISSING";
    readonly PERMISSIONS_VIOLATION: "PERMISSIONS_VIOLATION";
    readonly PROTOCOL_ERROR: "PROTOCOL_ERROR";
    readonly SERVER_ERROR: "SERVER_ERROR";
    readonly SERVICE_ERROR: "SERVICE_ERROR";
    readonly SLOW_CONSUMER: "SLOW_CONSUMER";
    readonly STALE_CONNECTION: "STALE_CONNECTION";
    readonly STREAM_REFUSED: "STREAM_REFUSED";
    readonly TIMEOUT: "TIMEOUT";
    readonly TLS_FAILED: "TLS_FAILED";
    readonly TLS_REQUIRED: "TLS_REQUIRED";
    readonly TLS_UNAVAILABLE: "TLS_UNAVAILABLE";
    readonly UNCONFIRMED: "UNCONFIRMED";
};

type ErrorCode = (typeof ErrorCode)[keyof typeof ErrorCode];

declare function isHoldfastError(error: unknown): error is Error & {
    code: ErrorCode;
};

// interop/auth

type AnyAuthenticator = (nonce?: string) => Auth | Promise<Auth>;

// interop/drop-in

export * from "@nats-io/nats-core/internal";

// interop/errors

interface HoldfastError extends Error {
    code: ErrorCode;
    retryable: boolean;
    option?: string;
    subject?: string;
    queue?: string;
    maybeDelivered?: boolean;
    why?: Cause;
}

// version

declare const VERSION = "0.1.0";
