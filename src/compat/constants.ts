/**
 * Names and values of JetStream, KV and services as `nats` 2 exports them. They are here, and not taken from the
 * official packages, because programs import them whether or not those packages are installed.
 */
type Values<T> = T[keyof T];

export const AckPolicy = { None: "none", All: "all", Explicit: "explicit", NotSet: "" } as const;
export type AckPolicy = Values<typeof AckPolicy>;

export const DeliverPolicy = {
  All: "all",
  Last: "last",
  New: "new",
  StartSequence: "by_start_sequence",
  StartTime: "by_start_time",
  LastPerSubject: "last_per_subject",
} as const;
export type DeliverPolicy = Values<typeof DeliverPolicy>;

export const DiscardPolicy = { Old: "old", New: "new" } as const;
export type DiscardPolicy = Values<typeof DiscardPolicy>;

export const ReplayPolicy = { Instant: "instant", Original: "original" } as const;
export type ReplayPolicy = Values<typeof ReplayPolicy>;

export const RetentionPolicy = { Limits: "limits", Interest: "interest", Workqueue: "workqueue" } as const;
export type RetentionPolicy = Values<typeof RetentionPolicy>;

export const StorageType = { File: "file", Memory: "memory" } as const;
export type StorageType = Values<typeof StorageType>;

export const StoreCompression = { None: "none", S2: "s2" } as const;
export type StoreCompression = Values<typeof StoreCompression>;

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

export const ConsumerEvents = {
  HeartbeatsMissed: "heartbeats_missed",
  ConsumerNotFound: "consumer_not_found",
  StreamNotFound: "stream_not_found",
  ConsumerDeleted: "consumer_deleted",
  OrderedConsumerRecreated: "ordered_consumer_recreated",
  NoResponders: "no_responders",
} as const;
export type ConsumerEvents = Values<typeof ConsumerEvents>;

export const ConsumerDebugEvents = {
  DebugEvent: "debug",
  Discard: "discard",
  Reset: "reset",
  Next: "next",
} as const;
export type ConsumerDebugEvents = Values<typeof ConsumerDebugEvents>;

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

export const DirectMsgHeaders = {
  Stream: "Nats-Stream",
  Sequence: "Nats-Sequence",
  TimeStamp: "Nats-Time-Stamp",
  Subject: "Nats-Subject",
} as const;
export type DirectMsgHeaders = Values<typeof DirectMsgHeaders>;

export const RepublishHeaders = {
  Stream: "Nats-Stream",
  Subject: "Nats-Subject",
  Sequence: "Nats-Sequence",
  LastSequence: "Nats-Last-Sequence",
  Size: "Nats-Msg-Size",
} as const;
export type RepublishHeaders = Values<typeof RepublishHeaders>;

export const KvWatchInclude = { LastValue: "", AllHistory: "history", UpdatesOnly: "updates" } as const;
export type KvWatchInclude = Values<typeof KvWatchInclude>;

export const RequestStrategy = {
  Timer: "timer",
  Count: "count",
  JitterTimer: "jitterTimer",
  SentinelMsg: "sentinelMsg",
} as const;
export type RequestStrategy = Values<typeof RequestStrategy>;

export const ServiceVerb = { PING: "PING", STATS: "STATS", INFO: "INFO" } as const;
export type ServiceVerb = Values<typeof ServiceVerb>;

export const ServiceResponseType = {
  STATS: "io.nats.micro.v1.stats_response",
  INFO: "io.nats.micro.v1.info_response",
  PING: "io.nats.micro.v1.ping_response",
} as const;
export type ServiceResponseType = Values<typeof ServiceResponseType>;
