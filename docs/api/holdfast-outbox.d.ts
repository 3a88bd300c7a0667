// What a program sees that imports "holdfast/outbox". Made by `npm run docs`.
// What is in holdfast.d.ts as well stands only there.

export { openOutbox } from "./open-outbox.js";
export type { OutboxMode, OutboxOptions, OutboxTransform } from "./options.js";
export type { Outbox } from "./outbox.js";
export type { OutboxEvents, OutboxListener, ParkedInfo } from "./outbox-events.js";
export type { OutboxStats } from "./outbox-stats.js";
export type { OutboxStore, RecordChange, StoreChanges, StoredRecord } from "./store/store.js";
export type { BatchMessage, BatchOptions, Expectations, RetryBackoff, StreamPublisherOptions, StreamPublishOptions, } from "./stream/options.js";
export type { BatchAck, PubAck, StreamPublishError } from "./stream/pub-ack.js";
export { type StreamPublisher, type StreamPublisherStats, streamPublisher, } from "./stream/stream-publisher.js";
export * from "./tools/index.js";

// outbox/journal/options

type BodyHook = (body: Uint8Array) => Uint8Array | Promise<Uint8Array>;

// outbox/open-outbox

declare function openOutbox(options: OutboxOptions): Promise<Outbox>;

// outbox/options

type OutboxTransform = (bytes: Uint8Array) => Uint8Array | Promise<Uint8Array>;

type OutboxMode = "overflow" | "always";

interface OutboxOptions {
    path?: string;
    store?: OutboxStore;
    mode?: OutboxMode;
    maxBytes?: number;
    maxAge?: number;
    threshold?: number;
    stream?: string;
    domain?: string;
    window?: number;
    encrypt?: OutboxTransform;
    decrypt?: OutboxTransform;
}

// outbox/outbox-events

interface OutboxEvents {
    error: HoldfastError;
    parked: ParkedInfo;
    expired: {
        readonly messages: number;
    };
    lost: {
        readonly messages: number;
        readonly error: HoldfastError;
    };
    stale: {
        readonly stream: string;
        readonly age: number;
        readonly duplicateWindow: number;
    };
    empty: Readonly<Record<string, never>>;
}

interface ParkedInfo {
    readonly subject: string;
    readonly messageId: string;
    readonly reason: string;
}

type OutboxListener<E extends keyof OutboxEvents> = (info: OutboxEvents[E]) => unknown;

// outbox/outbox-stats

interface OutboxStats {
    readonly recovered: number;
    readonly stored: number;
    readonly confirmed: number;
    readonly expired: number;
    readonly refused: number;
    readonly lost: number;
    readonly messages: number;
    readonly pending: number;
    readonly parked: number;
    readonly bytes: number;
    readonly memoryBytes: number;
    readonly oldestAge: number;
    readonly flushes: Histogram;
    readonly failures: number;
}

// outbox/outbox

interface Outbox extends DurableOverflow, Component, AsyncDisposable {
    readonly name: string;
    readonly mode: OutboxMode;
    readonly path: string;
    readonly id: string;
    readonly engaged: boolean;
    keep(message: OverflowMessage, maybeDelivered: boolean): boolean;
    stats(): OutboxStats;
    facts(): OutboxFacts;
    stop(options?: {
        timeout?: number;
    }): Promise<void>;
    empty(options?: {
        timeout?: number;
    }): Promise<void>;
    close(): Promise<void>;
    on<E extends keyof OutboxEvents>(event: E, listener: OutboxListener<E>): this;
    once<E extends keyof OutboxEvents>(event: E, listener: OutboxListener<E>): this;
    off<E extends keyof OutboxEvents>(event: E, listener: OutboxListener<E>): this;
}

// outbox/store/store

interface StoredRecord {
    readonly id: number;
    readonly head: Uint8Array;
}

interface RecordChange extends StoredRecord {
    readonly body?: Uint8Array;
}

interface StoreChanges {
    readonly put: readonly RecordChange[];
    readonly remove: readonly number[];
}

interface OutboxStore {
    readonly path: string;
    records(): Iterable<StoredRecord>;
    body(id: number): Uint8Array | undefined | Promise<Uint8Array | undefined>;
    commit(changes: StoreChanges): Promise<void>;
    close(): Promise<void>;
}

// outbox/stream/options

interface RetryBackoff {
    initial?: number;
    max?: number;
    factor?: number;
    jitter?: number;
}

interface StreamPublisherOptions {
    stream?: string;
    window?: number;
    retries?: number;
    timeout?: number;
    ordered?: boolean;
    backoff?: RetryBackoff;
    maxPending?: number;
    maxPendingBytes?: number;
    name?: string;
    domain?: string;
}

interface Expectations {
    streamName?: string;
    lastSequence?: number;
    lastSubjectSequence?: number;
    lastSubjectSequenceSubject?: string;
}

interface StreamPublishOptions {
    msgID?: string;
    headers?: MsgHdrs;
    encodedHeaders?: Uint8Array;
    timeout?: number;
    retries?: number;
    expect?: Expectations;
}

interface BatchMessage {
    readonly subject: string;
    readonly payload?: Uint8Array | string;
    readonly headers?: MsgHdrs;
    readonly msgID?: string;
}

interface BatchOptions {
    timeout?: number;
    retries?: number;
}

// outbox/stream/pub-ack

interface PubAck {
    readonly stream: string;
    readonly seq: number;
    readonly duplicate: boolean;
    readonly domain?: string;
}

interface BatchAck extends PubAck {
    readonly batch: string;
    readonly count: number;
}

interface StreamPublishError extends HoldfastError {
    retryable: boolean;
    maybeDelivered: boolean;
    msgID: string;
    tries: number;
    apiCode?: number;
}

// outbox/stream/publisher

interface StreamPublisher extends Component, AsyncDisposable {
    readonly stream: string | undefined;
    publish(subject: string, payload?: Uint8Array | string, options?: StreamPublishOptions): Promise<PubAck>;
    publishBatch(messages: readonly BatchMessage[], options?: BatchOptions): Promise<BatchAck>;
    writable(): Promise<void>;
    flush(options?: {
        timeout?: number;
    }): Promise<void>;
    stop(options?: {
        timeout?: number;
    }): Promise<void>;
    facts(): PublisherFacts;
    stats(): StreamPublisherStats;
}

interface StreamPublisherStats {
    readonly published: number;
    readonly acked: number;
    readonly duplicates: number;
    readonly retried: number;
    readonly failed: number;
    readonly pending: number;
    readonly inFlight: number;
    readonly pendingBytes: number;
    readonly outOfOrder: number;
}

// outbox/stream/stream-publisher

declare function streamPublisher(nc: Connection, options?: StreamPublisherOptions): StreamPublisher;

// outbox/tools/export-outbox

interface ExportedMessage {
    readonly subject: string;
    readonly reply: string;
    readonly headers: readonly (readonly [name: string, value: string])[];
    readonly payload: Uint8Array;
    readonly at: number;
    readonly expiresAt: number;
    readonly messageId: string;
    readonly parked: string | undefined;
}

interface ExportOptions {
    parked?: boolean;
    subject?: string;
    limit?: number;
    decrypt?: BodyHook;
    damaged?: (record: DamagedRecord) => void;
}

declare function exportOutbox(path: string, options?: ExportOptions): AsyncIterableIterator<ExportedMessage>;

// outbox/tools/inspect-outbox

interface InspectOptions {
    subjects?: boolean;
    decrypt?: BodyHook;
    progress?: (done: number, total: number) => void;
}

declare function inspectOutbox(path: string, options?: InspectOptions): Promise<OutboxReport>;

// outbox/tools/purge-outbox

interface PurgeOptions {
    all?: boolean;
    damaged?: boolean;
    parked?: boolean;
    olderThan?: number;
    subject?: string;
    dryRun?: boolean;
    encrypt?: BodyHook;
    decrypt?: BodyHook;
    progress?: (done: number, total: number) => void;
}

interface PurgeReport {
    readonly messages: number;
    readonly bytes: number;
    readonly damaged: number;
    readonly unreadable: readonly DamagedRecord[];
}

declare function purgeOutbox(path: string, options: PurgeOptions): Promise<PurgeReport>;

// outbox/tools/report

interface OutboxOwner {
    readonly pid: number;
    readonly host: string;
}

interface Amount {
    readonly messages: number;
    readonly bytes: number;
}

interface SubjectAmount extends Amount {
    readonly subject: string;
}

interface ParkedAmount {
    readonly reason: string;
    readonly messages: number;
}

interface DamagedRecord {
    readonly record: number;
    readonly messages: number | undefined;
    readonly why: string;
}

interface OutboxReport {
    readonly path: string;
    readonly owner: OutboxOwner | undefined;
    readonly format: number | undefined;
    readonly id: string | undefined;
    readonly stream: string | undefined;
    readonly createdAt: number | undefined;
    readonly messages: number;
    readonly bytes: number;
    readonly fileBytes: number;
    readonly oldestAt: number | undefined;
    readonly newestAt: number | undefined;
    readonly parked: number;
    readonly parkedBy: readonly ParkedAmount[];
    readonly encrypted: boolean;
    readonly damaged: readonly DamagedRecord[];
    readonly checked: boolean;
    readonly subjects: readonly SubjectAmount[] | undefined;
    readonly otherSubjects: Amount | undefined;
}

// outbox/tools/unpark-outbox

interface UnparkOptions {
    encrypt?: BodyHook;
    decrypt?: BodyHook;
    progress?: (done: number, total: number) => void;
}

declare function unparkOutbox(path: string, options?: UnparkOptions): Promise<number>;
