// What a program sees that imports "holdfast/compat". Made by `npm run docs`.
// What is in holdfast.d.ts as well stands only there.

export type * from "@nats-io/jetstream";
export type * from "@nats-io/kv";
export { type Auth, type Backoff, Bench, type BenchOpts, backoff, buildAuthenticator, canonicalMIMEHeaderKey, type Deferred, type Delay, deadline, deferred, delay, type JwtAuth, Metric, MsgHdrsImpl, millis, type Nanos, type NKeyAuth, type NoAuth, Nuid, nanos, nkeys, type Perf, type Publisher, type Stats, type SyncIterator, syncIterator, type Timeout, type TlsOptions, type TokenAuth, type UserPass, } from "@nats-io/nats-core";
export type * from "@nats-io/obj";
export type * from "@nats-io/services";
export { type Authenticator, createInbox, credsAuthenticator, Empty, headers, jwtAuthenticator, Match, type Msg, type MsgHdrs, nkeyAuthenticator, nuid, type Payload, type PublishOptions, type Server, type ServerInfo, tokenAuthenticator, usernamePasswordAuthenticator, } from "../index.js";
export { type Codec, JSONCodec, type ReviverFn, StringCodec } from "./codecs.js";
export { connect } from "./connect.js";
export { CompatConnection, type CompatConnection as NatsConnection } from "./connection.js";
export { AckPolicy, AdvisoryKind, ConsumerDebugEvents, ConsumerEvents, DeliverPolicy, DirectMsgHeaders, DiscardPolicy, JsHeaders, KvWatchInclude, ReplayPolicy, RepublishHeaders, RequestStrategy, RetentionPolicy, ServiceResponseType, ServiceVerb, StorageType, StoreCompression, } from "./constants.js";
export { ErrorCode } from "./error-codes.js";
export { DebugEvents, Events } from "./events.js";
export type { QueuedIterator } from "./iterators.js";
export type { Consumers, JetStreamClient } from "./jetstream/client.js";
export type { Consumer, ConsumerMessages, ConsumerStatus, OrderedConsumerOptions, } from "./jetstream/consumer.js";
export type { KV, KvOptions, KvStatus, KvWatchOptions } from "./jetstream/kv.js";
export type { JetStreamManager, StreamAPI } from "./jetstream/manager.js";
export type { ObjectStore } from "./jetstream/object-store.js";
export type { JetStreamManagerOptions, JetStreamOptions } from "./jetstream/options.js";
export type { Stream } from "./jetstream/stream.js";
export type { Views } from "./jetstream/views.js";
export { checkJsError, isFlowControlMsg, isHeartbeatMsg } from "./js-status.js";
export { type ConsumerOpts, type ConsumerOptsBuilder, consumerOpts, type JsMsgCallback, } from "./legacy/consumer-opts.js";
export type { PullOptions } from "./legacy/pull-request.js";
export type { ConsumerInfoable, JetStreamPullSubscription, JetStreamSubscription, Pullable, } from "./legacy/subscription.js";
export { type ApiError, NatsError } from "./nats-error.js";
export type { ConnectionOptions } from "./options.js";
export type { RequestManyOptions, RequestOptions } from "./requests.js";
export { type Service, ServiceError, ServiceErrorCodeHeader, ServiceErrorHeader, type ServiceGroup, type ServiceHandler, type ServiceMsg, type ServicesApi as ServicesAPI, } from "./services.js";
export type { ServersChanged, Status } from "./status.js";
export type { Sub, SubOpts, Subscription, SubscriptionOptions } from "./subscription.js";

// compat/codecs

interface Codec<T> {
    encode(value: T): Uint8Array;
    decode(bytes: Uint8Array): T;
}

type ReviverFn = (key: string, value: any) => any;

declare function StringCodec(): Codec<string>;

declare function JSONCodec<T = unknown>(reviver?: ReviverFn): Codec<T>;

// compat/connect

declare function connect(options?: ConnectionOptions): Promise<CompatConnection>;

// compat/connection

declare class CompatConnection {
    readonly holdfast: Connection;
    constructor(connection: Connection);
    publish(subject: string, payload?: Payload, options?: PublishOptions): boolean;
    publishMessage(msg: Msg): boolean;
    respondMessage(msg: Msg): boolean;
    subscribe(subject: string, options?: SubscriptionOptions): CompatSubscription;
    request(subject: string, payload?: Payload, options?: Partial<RequestOptions>): Promise<Msg>;
    requestMany(subject: string, payload?: Payload, options?: Partial<RequestManyOptions>): Promise<AsyncIterableIterator<Msg>>;
    headers(code?: number, description?: string): MsgHdrs;
    flush(): Promise<void>;
    rtt(): Promise<number>;
    drain(): Promise<void>;
    close(): Promise<void>;
    closed(): Promise<undefined | Error>;
    isClosed(): boolean;
    isDraining(): boolean;
    getServer(): string;
    get info(): ServerInfo | undefined;
    stats(): ConnectionStats;
    status(): StatusIterator;
    reconnect(): Promise<void>;
    on<E extends keyof CompatEvents>(event: E, listener: CompatListener<E>): this;
    once<E extends keyof CompatEvents>(event: E, listener: CompatListener<E>): this;
    off<E extends keyof CompatEvents>(event: E, listener: CompatListener<E>): this;
    jetstream(options?: JetStreamOptions | JetStreamManagerOptions): JetStreamClient;
    jetstreamManager(options?: JetStreamManagerOptions): Promise<JetStreamManager>;
    get services(): ServicesApi;
    [Symbol.asyncDispose](): Promise<void>;
    toJSON(): unknown;
}

// compat/constants

type Values<T> = T[keyof T];

declare const AckPolicy: {
    readonly None: "none";
    readonly All: "all";
    readonly Explicit: "explicit";
    readonly NotSet: "";
};

type AckPolicy = Values<typeof AckPolicy>;

declare const DeliverPolicy: {
    readonly All: "all";
    readonly Last: "last";
    readonly New: "new";
    readonly StartSequence: "by_start_sequence";
    readonly StartTime: "by_start_time";
    readonly LastPerSubject: "last_per_subject";
};

type DeliverPolicy = Values<typeof DeliverPolicy>;

declare const DiscardPolicy: {
    readonly Old: "old";
    readonly New: "new";
};

type DiscardPolicy = Values<typeof DiscardPolicy>;

declare const ReplayPolicy: {
    readonly Instant: "instant";
    readonly Original: "original";
};

type ReplayPolicy = Values<typeof ReplayPolicy>;

declare const RetentionPolicy: {
    readonly Limits: "limits";
    readonly Interest: "interest";
    readonly Workqueue: "workqueue";
};

type RetentionPolicy = Values<typeof RetentionPolicy>;

declare const StorageType: {
    readonly File: "file";
    readonly Memory: "memory";
};

type StorageType = Values<typeof StorageType>;

declare const StoreCompression: {
    readonly None: "none";
    readonly S2: "s2";
};

type StoreCompression = Values<typeof StoreCompression>;

declare const AdvisoryKind: {
    readonly API: "api_audit";
    readonly StreamAction: "stream_action";
    readonly ConsumerAction: "consumer_action";
    readonly SnapshotCreate: "snapshot_create";
    readonly SnapshotComplete: "snapshot_complete";
    readonly RestoreCreate: "restore_create";
    readonly RestoreComplete: "restore_complete";
    readonly MaxDeliver: "max_deliver";
    readonly Terminated: "terminated";
    readonly Ack: "consumer_ack";
    readonly StreamLeaderElected: "stream_leader_elected";
    readonly StreamQuorumLost: "stream_quorum_lost";
    readonly ConsumerLeaderElected: "consumer_leader_elected";
    readonly ConsumerQuorumLost: "consumer_quorum_lost";
};

type AdvisoryKind = Values<typeof AdvisoryKind>;

declare const ConsumerEvents: {
    readonly HeartbeatsMissed: "heartbeats_missed";
    readonly ConsumerNotFound: "consumer_not_found";
    readonly StreamNotFound: "stream_not_found";
    readonly ConsumerDeleted: "consumer_deleted";
    readonly OrderedConsumerRecreated: "ordered_consumer_recreated";
    readonly NoResponders: "no_responders";
};

type ConsumerEvents = Values<typeof ConsumerEvents>;

declare const ConsumerDebugEvents: {
    readonly DebugEvent: "debug";
    readonly Discard: "discard";
    readonly Reset: "reset";
    readonly Next: "next";
};

type ConsumerDebugEvents = Values<typeof ConsumerDebugEvents>;

declare const JsHeaders: {
    readonly StreamSourceHdr: "Nats-Stream-Source";
    readonly LastConsumerSeqHdr: "Nats-Last-Consumer";
    readonly LastStreamSeqHdr: "Nats-Last-Stream";
    readonly ConsumerStalledHdr: "Nats-Consumer-Stalled";
    readonly MessageSizeHdr: "Nats-Msg-Size";
    readonly RollupHdr: "Nats-Rollup";
    readonly RollupValueSubject: "sub";
    readonly RollupValueAll: "all";
    readonly PendingMessagesHdr: "Nats-Pending-Messages";
    readonly PendingBytesHdr: "Nats-Pending-Bytes";
};

type JsHeaders = Values<typeof JsHeaders>;

declare const DirectMsgHeaders: {
    readonly Stream: "Nats-Stream";
    readonly Sequence: "Nats-Sequence";
    readonly TimeStamp: "Nats-Time-Stamp";
    readonly Subject: "Nats-Subject";
};

type DirectMsgHeaders = Values<typeof DirectMsgHeaders>;

declare const RepublishHeaders: {
    readonly Stream: "Nats-Stream";
    readonly Subject: "Nats-Subject";
    readonly Sequence: "Nats-Sequence";
    readonly LastSequence: "Nats-Last-Sequence";
    readonly Size: "Nats-Msg-Size";
};

type RepublishHeaders = Values<typeof RepublishHeaders>;

declare const KvWatchInclude: {
    readonly LastValue: "";
    readonly AllHistory: "history";
    readonly UpdatesOnly: "updates";
};

type KvWatchInclude = Values<typeof KvWatchInclude>;

declare const RequestStrategy: {
    readonly Timer: "timer";
    readonly Count: "count";
    readonly JitterTimer: "jitterTimer";
    readonly SentinelMsg: "sentinelMsg";
};

type RequestStrategy = Values<typeof RequestStrategy>;

declare const ServiceVerb: {
    readonly PING: "PING";
    readonly STATS: "STATS";
    readonly INFO: "INFO";
};

type ServiceVerb = Values<typeof ServiceVerb>;

declare const ServiceResponseType: {
    readonly STATS: "io.nats.micro.v1.stats_response";
    readonly INFO: "io.nats.micro.v1.info_response";
    readonly PING: "io.nats.micro.v1.ping_response";
};

type ServiceResponseType = Values<typeof ServiceResponseType>;

// compat/error-codes

declare const ErrorCode: {
    readonly ApiError: "BAD API";
    readonly BadAuthentication: "BAD_AUTHENTICATION";
    readonly BadCreds: "BAD_CREDS";
    readonly BadHeader: "BAD_HEADER";
    readonly BadJson: "BAD_JSON";
    readonly BadPayload: "BAD_PAYLOAD";
    readonly BadSubject: "BAD_SUBJECT";
    readonly Cancelled: "CANCELLED";
    readonly ConnectionClosed: "CONNECTION_CLOSED";
    readonly ConnectionDraining: "CONNECTION_DRAINING";
    readonly ConnectionRefused: "CONNECTION_REFUSED";
    readonly ConnectionTimeout: "CONNECTION_TIMEOUT";
    readonly Disconnect: "DISCONNECT";
    readonly InvalidOption: "INVALID_OPTION";
    readonly InvalidPayload: "INVALID_PAYLOAD";
    readonly MaxPayloadExceeded: "MAX_PAYLOAD_EXCEEDED";
    readonly NoResponders: "503";
    readonly NotFunction: "NOT_FUNC";
    readonly RequestError: "REQUEST_ERROR";
    readonly ServerOptionNotAvailable: "SERVER_OPT_NA";
    readonly SubClosed: "SUB_CLOSED";
    readonly SubDraining: "SUB_DRAINING";
    readonly Timeout: "TIMEOUT";
    readonly Tls: "TLS";
    readonly Unknown: "UNKNOWN_ERROR";
    readonly WssRequired: "WSS_REQUIRED";
    readonly JetStreamInvalidAck: "JESTREAM_INVALID_ACK";
    readonly JetStream404NoMessages: "404";
    readonly JetStream408RequestTimeout: "408";
    readonly JetStream409MaxAckPendingExceeded: "409";
    readonly JetStream409: "409";
    readonly JetStreamNotEnabled: "503";
    readonly JetStreamIdleHeartBeat: "IDLE_HEARTBEAT";
    readonly AuthorizationViolation: "AUTHORIZATION_VIOLATION";
    readonly AuthenticationExpired: "AUTHENTICATION_EXPIRED";
    readonly ProtocolError: "NATS_PROTOCOL_ERR";
    readonly PermissionsViolation: "PERMISSIONS_VIOLATION";
    readonly AuthenticationTimeout: "AUTHENTICATION_TIMEOUT";
    readonly AccountExpired: "ACCOUNT_EXPIRED";
};

type ErrorCode = (typeof ErrorCode)[keyof typeof ErrorCode];

// compat/events

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
    readonly LDM: "ldm";
};

type Events = (typeof Events)[keyof typeof Events];

declare const DebugEvents: {
    readonly Reconnecting: "reconnecting";
    readonly PingTimer: "pingTimer";
    readonly StaleConnection: "staleConnection";
    readonly ClientInitiatedReconnect: "client initiated reconnect";
};

type DebugEvents = (typeof DebugEvents)[keyof typeof DebugEvents];

// compat/iterators

interface QueuedIterator<T> extends AsyncIterable<T> {
    stop(error?: Error): void;
    getProcessed(): number;
    getPending(): number;
    getReceived(): number;
}

// compat/jetstream/client

interface Consumers {
    get(stream: string, name?: string | Partial<OrderedConsumerOptions>): Promise<Consumer>;
    getPullConsumerFor(info: Official.ConsumerInfo): Consumer;
}

interface JetStreamClient extends Omit<Official.JetStreamClient, "consumers" | "jetstreamManager" | "streams"> {
    consumers: Consumers;
    streams: {
        get(stream: string): Promise<Stream>;
    };
    views: Views;
    jetstreamManager(checkAPI?: boolean): Promise<JetStreamManager>;
    pull(stream: string, durable: string, expires?: number): Promise<Official.JsMsg>;
    fetch(stream: string, durable: string, options?: Partial<PullOptions>): JsIterator;
    pullSubscribe(subject: string, options?: ConsumerOptsBuilder | Partial<ConsumerOpts>): Promise<JetStreamPullSubscription>;
    subscribe(subject: string, options?: ConsumerOptsBuilder | Partial<ConsumerOpts>): Promise<JetStreamSubscription>;
}

// compat/jetstream/consumer

interface ConsumerStatus {
    type: ConsumerEvents | ConsumerDebugEvents;
    data: unknown;
}

interface ConsumerMessages extends Omit<Official.ConsumerMessages, "status"> {
    status(): Promise<AsyncIterable<ConsumerStatus>>;
}

interface OrderedConsumerOptions extends Official.OrderedConsumerOptions {
    filterSubjects: string | string[];
}

interface Consumer extends Omit<Official.Consumer, "consume" | "fetch"> {
    consume(options?: Official.ConsumeOptions): Promise<ConsumerMessages>;
    fetch(options?: Official.FetchOptions): Promise<ConsumerMessages>;
}

// compat/jetstream/kv

interface KvOptions extends Kv.KvOptions {
    maxBucketSize: number;
    backingStore: Kv.KvOptions["storage"];
    placementCluster: string;
}

interface KvStatus extends Kv.KvStatus {
    maxBucketSize: number;
    backingStore: Kv.KvStatus["storage"];
    placementCluster: string;
    bucket_location: string;
}

interface KvWatchOptions extends Kv.KvWatchOptions {
    initializedFn?: () => void;
}

interface KV extends Omit<Kv.KV, "history" | "keys" | "status" | "watch"> {
    history(options?: {
        key?: string | string[];
    }): Promise<QueuedIterator<Kv.KvWatchEntry>>;
    keys(filter?: string | string[]): Promise<QueuedIterator<string>>;
    watch(options?: KvWatchOptions): Promise<QueuedIterator<Kv.KvWatchEntry>>;
    status(): Promise<KvStatus>;
    close(): Promise<void>;
}

// compat/jetstream/manager

interface StreamAPI extends Omit<Official.StreamAPI, "add" | "get" | "getMessage"> {
    add(config: Partial<Official.StreamConfig>): Promise<Official.StreamInfo>;
    get(name: string): Promise<Stream>;
    getMessage(stream: string, query: Official.MsgRequest): Promise<Official.StoredMsg>;
    listKvs(): Official.Lister<KvStatus>;
    listObjectStores(): Official.Lister<Obj.ObjectStoreStatus>;
}

interface JetStreamManager extends Omit<Official.JetStreamManager, "direct" | "jetstream" | "streams"> {
    streams: StreamAPI;
    direct: Omit<Official.DirectStreamAPI, "getMessage"> & {
        getMessage(stream: string, query: Official.DirectMsgRequest): Promise<Official.StoredMsg>;
    };
    jetstream(): JetStreamClient;
}

// compat/jetstream/object-store

interface ObjectWatchOptions {
    ignoreDeletes?: boolean;
    includeHistory?: boolean;
}

interface ObjectStore extends Omit<Obj.ObjectStore, "watch"> {
    watch(options?: ObjectWatchOptions): Promise<QueuedIterator<Obj.ObjectInfo | null>>;
}

// compat/jetstream/options

type JetStreamOptions = Official.JetStreamOptions;

type JetStreamManagerOptions = Official.JetStreamManagerOptions;

// compat/jetstream/stream

interface Stream extends Omit<Official.Stream, "best" | "getConsumer" | "getMessage" | "getPushConsumer" | "resetConsumer"> {
    best(): Promise<Stream>;
    getConsumer(name?: string | Partial<OrderedConsumerOptions>): Promise<Consumer>;
    getConsumerFromInfo(info: Official.ConsumerInfo): Consumer;
    getMessage(query: Official.MsgRequest): Promise<Official.StoredMsg>;
}

// compat/jetstream/views

interface Views {
    kv(name: string, options?: Partial<KvOptions>): Promise<KV>;
    os(name: string, options?: Partial<Obj.ObjectStoreOptions>): Promise<ObjectStore>;
}

// compat/js-status

declare function checkJsError(msg: Msg): NatsError | null;

declare function isFlowControlMsg(msg: Msg): boolean;

declare function isHeartbeatMsg(msg: Msg): boolean;

// compat/legacy/consumer-opts

type JsMsgCallback = (err: NatsError | null, msg: JsMsg | null) => unknown;

interface ConsumerOpts {
    config: Partial<ConsumerConfig>;
    mack: boolean;
    stream: string;
    callbackFn?: JsMsgCallback;
    max?: number;
    queue?: string;
    ordered: boolean;
    isBind?: boolean;
}

declare class ConsumerOptsBuilder {
    getOpts(): ConsumerOpts;
    description(description: string): this;
    deliverTo(subject: string): this;
    durable(name: string): this;
    startSequence(seq: number): this;
    startTime(time: Date): this;
    startAtTimeDelta(millis: number): this;
    deliverAll(): this;
    deliverLastPerSubject(): this;
    deliverLast(): this;
    deliverNew(): this;
    headersOnly(): this;
    ackNone(): this;
    ackAll(): this;
    ackExplicit(): this;
    ackWait(millis: number): this;
    maxDeliver(max: number): this;
    filterSubject(subject: string): this;
    replayInstantly(): this;
    replayOriginal(): this;
    sample(percentage: number): this;
    limit(bps: number): this;
    maxWaiting(max: number): this;
    maxAckPending(max: number): this;
    idleHeartbeat(millis: number): this;
    flowControl(): this;
    deliverGroup(name: string): this;
    queue(name: string): this;
    manualAck(): this;
    maxMessages(max: number): this;
    callback(callback: JsMsgCallback): this;
    orderedConsumer(): this;
    bind(stream: string, durable: string): this;
    bindStream(stream: string): this;
    inactiveEphemeralThreshold(millis: number): this;
    maxPullBatch(n: number): this;
    maxPullRequestExpires(millis: number): this;
    memory(): this;
    numReplicas(n: number): this;
    consumerName(name: string): this;
}

declare function consumerOpts(config?: Partial<ConsumerConfig>): ConsumerOptsBuilder;

// compat/legacy/legacy-api

type JsIterator = QueuedIterator<JsMsg>;

// compat/legacy/pull-request

interface PullOptions {
    batch: number;
    no_wait: boolean;
    expires: number;
    max_bytes: number;
    idle_heartbeat: number;
}

// compat/legacy/subscription

interface ConsumerInfoable {
    consumerInfo(): Promise<ConsumerInfo>;
}

interface Pullable {
    pull(options?: Partial<PullOptions>): void;
}

interface JetStreamSubscription extends Sub<JsMsg>, ConsumerInfoable {
    destroy(): Promise<void>;
}

type JetStreamPullSubscription = JetStreamSubscription & Pullable;

// compat/listeners

type Told<A extends unknown[]> = {
    [I in keyof A]: A[I] extends Error ? NatsError : A[I] extends Error | undefined ? NatsError | undefined : A[I];
};

type OwnEvents = {
    [E in EventName]: Told<ConnectionEvents[E]>;
};

interface CompatEvents extends OwnEvents {
    ldm: OwnEvents["lameDuck"];
    pingTimer: [data: Status["data"]];
    staleConnection: [data: Status["data"]];
    "client initiated reconnect": [data: Status["data"]];
}

type CompatListener<E extends keyof CompatEvents> = (...args: CompatEvents[E]) => unknown;

// compat/nats-error

interface ApiError {
    code: number;
    description: string;
    err_code?: number;
}

interface PermissionContext {
    operation: string;
    subject: string;
    queue?: string;
}

declare class NatsError extends Error {
    code: string;
    permissionContext?: PermissionContext;
    chainedError?: Error;
    api_error?: ApiError;
    maybeDelivered?: boolean;
    constructor(message: string, code: string, chainedError?: Error);
    static errorForCode(code: string, chainedError?: Error): NatsError;
    isAuthError(): boolean;
    isAuthTimeout(): boolean;
    isPermissionError(): boolean;
    isProtocolError(): boolean;
    isJetStreamError(): boolean;
    jsError(): ApiError | null;
}

// compat/options

type ConnectionOptions = HoldfastOptions;

// compat/requests

interface RequestOptions {
    timeout: number;
    headers?: MsgHdrs;
    noMux?: boolean;
    reply?: string;
}

interface RequestManyOptions {
    strategy: RequestStrategy;
    maxWait: number;
    headers?: MsgHdrs;
    maxMessages?: number;
    noMux?: boolean;
    jitter?: number;
}

// compat/services

declare const ServiceErrorHeader = "Nats-Service-Error";

declare const ServiceErrorCodeHeader = "Nats-Service-Error-Code";

declare class ServiceError extends Error {
    readonly code: number;
    constructor(code: number, message: string);
    static isServiceError(msg: Msg): boolean;
    static toServiceError(msg: Msg): ServiceError | null;
}

interface ServiceMsg extends Msg {
    respondError(code: number, description: string, data?: Payload, options?: PublishOptions): boolean;
}

type ServiceHandler = (err: NatsError | null, msg: ServiceMsg) => void;

type EndpointOptions = Partial<Omit<Official.Endpoint, "handler"> & {
    handler: ServiceHandler;
}>;

interface ServiceGroup {
    addEndpoint(name: string, options?: ServiceHandler | EndpointOptions): QueuedIterator<ServiceMsg>;
    addGroup(subject?: string, queue?: string): ServiceGroup;
}

type Service = Omit<Official.Service, keyof ServiceGroup> & ServiceGroup;

declare class ServicesApi {
    add(config: Official.ServiceConfig): Promise<Service>;
    client(options?: Partial<RequestManyOptions>, prefix?: string): Official.ServiceClient;
}

// compat/status

interface ServersChanged {
    readonly added: string[];
    readonly deleted: string[];
}

interface Status {
    type: Events | DebugEvents;
    data: string | ServersChanged | number;
    permissionContext?: PermissionContext;
    error?: NatsError;
}

interface StatusIterator extends AsyncIterableIterator<Status> {
    stop(): void;
}

// compat/subscription

interface Sub<T> extends AsyncIterable<T> {
    readonly closed: Promise<undefined | Error>;
    unsubscribe(max?: number): void;
    drain(): Promise<void>;
    isDraining(): boolean;
    isClosed(): boolean;
    getSubject(): string;
    getReceived(): number;
    getProcessed(): number;
    getPending(): number;
    getID(): number;
    getMax(): number | undefined;
}

type Subscription = Sub<Msg>;

interface SubOpts<T> extends Omit<HoldfastSubscriptionOptions, "callback"> {
    callback?: (err: NatsError | null, msg: T) => unknown;
}

type SubscriptionOptions = SubOpts<Msg>;

declare class CompatSubscription<T = Msg> {
    readonly holdfast: HoldfastSubscription;
    readonly closed: Promise<undefined | Error>;
    unsubscribe(max?: number): void;
    drain(): Promise<void>;
    [Symbol.asyncDispose](): Promise<void>;
    isDraining(): boolean;
    isClosed(): boolean;
    getSubject(): string;
    getReceived(): number;
    getProcessed(): number;
    getPending(): number;
    getID(): number;
    getMax(): number | undefined;
    [Symbol.asyncIterator](): AsyncIterator<T>;
}
