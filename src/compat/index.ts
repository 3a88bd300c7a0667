/** The API of `nats` 2 on Holdfast's engine; see docs/compat.md. */

// What is exported by name below goes before these.
export type * from "@nats-io/jetstream";
export type * from "@nats-io/kv";
export {
  type Auth,
  type Backoff,
  Bench,
  type BenchOpts,
  backoff,
  buildAuthenticator,
  canonicalMIMEHeaderKey,
  type Deferred,
  type Delay,
  deadline,
  deferred,
  delay,
  type JwtAuth,
  Metric,
  MsgHdrsImpl,
  millis,
  type Nanos,
  type NKeyAuth,
  type NoAuth,
  Nuid,
  nanos,
  nkeys,
  type Perf,
  type Publisher,
  type Stats,
  type SyncIterator,
  syncIterator,
  type Timeout,
  type TlsOptions,
  type TokenAuth,
  type UserPass,
} from "@nats-io/nats-core";
export type * from "@nats-io/obj";
export type * from "@nats-io/services";
export {
  type Authenticator,
  createInbox,
  credsAuthenticator,
  Empty,
  headers,
  jwtAuthenticator,
  Match,
  type Msg,
  type MsgHdrs,
  nkeyAuthenticator,
  nuid,
  type Payload,
  type PublishOptions,
  type Server,
  type ServerInfo,
  tokenAuthenticator,
  usernamePasswordAuthenticator,
} from "../index.js";
export { type Codec, JSONCodec, type ReviverFn, StringCodec } from "./codecs.js";
export { connect } from "./connect.js";
export { CompatConnection, type CompatConnection as NatsConnection } from "./connection.js";
export {
  AckPolicy,
  AdvisoryKind,
  ConsumerDebugEvents,
  ConsumerEvents,
  DeliverPolicy,
  DirectMsgHeaders,
  DiscardPolicy,
  JsHeaders,
  KvWatchInclude,
  ReplayPolicy,
  RepublishHeaders,
  RequestStrategy,
  RetentionPolicy,
  ServiceResponseType,
  ServiceVerb,
  StorageType,
  StoreCompression,
} from "./constants.js";
export { ErrorCode } from "./error-codes.js";
export { DebugEvents, Events } from "./events.js";
export type { QueuedIterator } from "./iterators.js";
export type { Consumers, JetStreamClient } from "./jetstream/client.js";
export type {
  Consumer,
  ConsumerMessages,
  ConsumerStatus,
  OrderedConsumerOptions,
} from "./jetstream/consumer.js";
export type { KV, KvOptions, KvStatus, KvWatchOptions } from "./jetstream/kv.js";
export type { JetStreamManager, StreamAPI } from "./jetstream/manager.js";
export type { ObjectStore } from "./jetstream/object-store.js";
export type { JetStreamManagerOptions, JetStreamOptions } from "./jetstream/options.js";
export type { Stream } from "./jetstream/stream.js";
export type { Views } from "./jetstream/views.js";
export { checkJsError, isFlowControlMsg, isHeartbeatMsg } from "./js-status.js";
export {
  type ConsumerOpts,
  type ConsumerOptsBuilder,
  consumerOpts,
  type JsMsgCallback,
} from "./legacy/consumer-opts.js";
export type { PullOptions } from "./legacy/pull-request.js";
export type {
  ConsumerInfoable,
  JetStreamPullSubscription,
  JetStreamSubscription,
  Pullable,
} from "./legacy/subscription.js";
export { type ApiError, NatsError } from "./nats-error.js";
export type { ConnectionOptions } from "./options.js";
export type { RequestManyOptions, RequestOptions } from "./requests.js";
export {
  type Service,
  ServiceError,
  ServiceErrorCodeHeader,
  ServiceErrorHeader,
  type ServiceGroup,
  type ServiceHandler,
  type ServiceMsg,
  type ServicesApi as ServicesAPI,
} from "./services.js";
export type { ServersChanged, Status } from "./status.js";
export type { Sub, SubOpts, Subscription, SubscriptionOptions } from "./subscription.js";
