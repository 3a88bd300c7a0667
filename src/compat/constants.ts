// Names and values of JetStream, KV and services as `nats` 2 exports them. They are here, and not taken from the
// official packages, because programs import them whether or not those packages are installed.

type Values<T> = T[keyof T];

/**
 * How messages of a consumer are acknowledged: `None` not at all, `All` together with all before it, `Explicit` each by itself; `NotSet`: nothing
 * is said about it.
 */
export const AckPolicy = { None: "none", All: "all", Explicit: "explicit", NotSet: "" } as const;
export type AckPolicy = Values<typeof AckPolicy>;

/**
 * Where a consumer begins: `All` with the oldest message, `Last` with the last one, `New` with the next one, `StartSequence` and `StartTime` at
 * `opt_start_seq` and `opt_start_time`, `LastPerSubject` with the last one of each subject.
 */
export const DeliverPolicy = {
  All: "all",
  Last: "last",
  New: "new",
  StartSequence: "by_start_sequence",
  StartTime: "by_start_time",
  LastPerSubject: "last_per_subject",
} as const;
export type DeliverPolicy = Values<typeof DeliverPolicy>;

/** What a stream that is full does: `Old` drops the oldest messages, `New` refuses new ones. */
export const DiscardPolicy = { Old: "old", New: "new" } as const;
export type DiscardPolicy = Values<typeof DiscardPolicy>;

/** How fast a consumer delivers what is there: `Instant` as fast as it goes, `Original` with the waits that were between the messages. */
export const ReplayPolicy = { Instant: "instant", Original: "original" } as const;
export type ReplayPolicy = Values<typeof ReplayPolicy>;

/**
 * How long a stream keeps messages: `Limits` until its limits are reached, `Interest` until all its consumers have acknowledged them,
 * `Workqueue` until one has.
 */
export const RetentionPolicy = { Limits: "limits", Interest: "interest", Workqueue: "workqueue" } as const;
export type RetentionPolicy = Values<typeof RetentionPolicy>;

/** Where a stream keeps its messages: `File` on disk, `Memory` in memory. */
export const StorageType = { File: "file", Memory: "memory" } as const;
export type StorageType = Values<typeof StorageType>;

/** How a stream compresses what it keeps in files: `None`, or `S2`. */
export const StoreCompression = { None: "none", S2: "s2" } as const;
export type StoreCompression = Values<typeof StoreCompression>;

/**
 * What an advisory of JetStream tells of: `API`, a request to it; `StreamAction` and `ConsumerAction`, one was made, changed or deleted;
 * `SnapshotCreate`, `SnapshotComplete`, `RestoreCreate` and `RestoreComplete`, a backup; `MaxDeliver`, a message was delivered as often as
 * `max_deliver` allows; `Terminated`, one was ended by `term()`; `Ack`, a sampled acknowledgement; `StreamLeaderElected`,
 * `StreamQuorumLost`, `ConsumerLeaderElected` and `ConsumerQuorumLost`, of a replicated one.
 */
export const AdvisoryKind = {
  API: "api_audit",
  StreamAction: "stream_action",
  ConsumerAction: "consumer_action",
  SnapshotCreate: "snapshot_create",
  SnapshotComplete: "snapshot_complete",
  RestoreCreate: "restore_create",
  RestoreComplete: "restore_complete",
  MaxDeliver: "max_deliver",
  Terminated: "terminated",
  Ack: "consumer_ack",
  StreamLeaderElected: "stream_leader_elected",
  StreamQuorumLost: "stream_quorum_lost",
  ConsumerLeaderElected: "consumer_leader_elected",
  ConsumerQuorumLost: "consumer_quorum_lost",
} as const;
export type AdvisoryKind = Values<typeof AdvisoryKind>;

/**
 * What `messages.status()` tells that matters: `HeartbeatsMissed`, how many in a row; `ConsumerNotFound`, how often; `StreamNotFound`, how often;
 * `ConsumerDeleted`, what the server said; `OrderedConsumerRecreated`, its new name; `NoResponders`, JetStream has not answered a pull.
 */
export const ConsumerEvents = {
  HeartbeatsMissed: "heartbeats_missed",
  ConsumerNotFound: "consumer_not_found",
  StreamNotFound: "stream_not_found",
  ConsumerDeleted: "consumer_deleted",
  OrderedConsumerRecreated: "ordered_consumer_recreated",
  NoResponders: "no_responders",
} as const;
export type ConsumerEvents = Values<typeof ConsumerEvents>;

/**
 * What `messages.status()` tells beside that: `DebugEvent`, what the server said of a pull; `Discard`, a pull has ended, with what it did not get;
 * `Reset`, an ordered consumer has begun anew; `Next`, a pull with its options.
 */
export const ConsumerDebugEvents = {
  DebugEvent: "debug",
  Discard: "discard",
  Reset: "reset",
  Next: "next",
} as const;
export type ConsumerDebugEvents = Values<typeof ConsumerDebugEvents>;

/**
 * Headers of JetStream. Of messages: `StreamSourceHdr`, where a sourced one comes from; `MessageSizeHdr`, bytes of a payload that was left out
 * (`headers_only`). Of heartbeats: `LastConsumerSeqHdr` and `LastStreamSeqHdr`, the last sequences that were delivered; `ConsumerStalledHdr`, the
 * subject to answer to so that a stalled consumer goes on. Of a publish: `RollupHdr` with value `RollupValueSubject` or `RollupValueAll`, it takes
 * the place of all of its subject or of the stream. Of the end of a pull: `PendingMessagesHdr` and `PendingBytesHdr`, what it did not get.
 */
export const JsHeaders = {
  StreamSourceHdr: "Nats-Stream-Source",
  LastConsumerSeqHdr: "Nats-Last-Consumer",
  LastStreamSeqHdr: "Nats-Last-Stream",
  ConsumerStalledHdr: "Nats-Consumer-Stalled",
  MessageSizeHdr: "Nats-Msg-Size",
  RollupHdr: "Nats-Rollup",
  RollupValueSubject: "sub",
  RollupValueAll: "all",
  PendingMessagesHdr: "Nats-Pending-Messages",
  PendingBytesHdr: "Nats-Pending-Bytes",
} as const;
export type JsHeaders = Values<typeof JsHeaders>;

/** Headers of a message from a direct get: its `Stream`, its `Sequence` there, when it was stored (`TimeStamp`), its `Subject`. */
export const DirectMsgHeaders = {
  Stream: "Nats-Stream",
  Sequence: "Nats-Sequence",
  TimeStamp: "Nats-Time-Stamp",
  Subject: "Nats-Subject",
} as const;
export type DirectMsgHeaders = Values<typeof DirectMsgHeaders>;

/**
 * Headers of a message that a stream has republished: its `Stream`, `Subject` and `Sequence` there, the sequence of the one before it with the
 * same subject (`LastSequence`), and of headers alone the bytes of its payload (`Size`).
 */
export const RepublishHeaders = {
  Stream: "Nats-Stream",
  Subject: "Nats-Subject",
  Sequence: "Nats-Sequence",
  LastSequence: "Nats-Last-Sequence",
  Size: "Nats-Msg-Size",
} as const;
export type RepublishHeaders = Values<typeof RepublishHeaders>;

/**
 * What a watch of a KV bucket yields: `LastValue`, the last value of each key and what changes; `AllHistory`, all that is kept and what changes;
 * `UpdatesOnly`, what changes.
 */
export const KvWatchInclude = { LastValue: "", AllHistory: "history", UpdatesOnly: "updates" } as const;
export type KvWatchInclude = Values<typeof KvWatchInclude>;

/**
 * When `nc.requestMany()` has enough: `Timer`, when `maxWait` is over; `Count`, with `maxMessages` answers; `JitterTimer`, when none has come for
 * `jitter` ms; `SentinelMsg`, with an answer without a payload. All of them when `maxWait` is over.
 */
export const RequestStrategy = {
  Timer: "timer",
  Count: "count",
  JitterTimer: "jitterTimer",
  SentinelMsg: "sentinelMsg",
} as const;
export type RequestStrategy = Values<typeof RequestStrategy>;

/** What services answer to: `PING` says that they are there, `STATS` their counts, `INFO` what they offer. */
export const ServiceVerb = { PING: "PING", STATS: "STATS", INFO: "INFO" } as const;
export type ServiceVerb = Values<typeof ServiceVerb>;

/** The `type` of their answers to `STATS`, `INFO` and `PING`. */
export const ServiceResponseType = {
  STATS: "io.nats.micro.v1.stats_response",
  INFO: "io.nats.micro.v1.info_response",
  PING: "io.nats.micro.v1.ping_response",
} as const;
export type ServiceResponseType = Values<typeof ServiceResponseType>;
