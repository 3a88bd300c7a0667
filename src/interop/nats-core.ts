/**
 * The one place that knows `@nats-io/nats-core`: what is borrowed from it, under the names it has there.
 * Headers, unique ids, authenticators, features and error classes are its; the connection, its recovery
 * and its bytes are ours.
 */
export {
  type Authenticator,
  type ConnectionOptions as NatsConnectionOptions,
  createInbox,
  headers,
  jwtAuthenticator,
  type Msg,
  type MsgCallback,
  type MsgHdrs,
  type NatsConnection,
  nkeyAuthenticator,
  nkeys,
  type Payload,
  type PublishOptions,
  type QueuedIterator,
  type ReconnectToServerHandler,
  type RequestManyOptions,
  type RequestOptions,
  type Server,
  type ServerInfo,
  type Status,
  type Subscription as NatsSubscription,
  type SubscriptionOptions as NatsSubscriptionOptions,
  tokenAuthenticator,
  usernamePasswordAuthenticator,
} from "@nats-io/nats-core";
export {
  type ConnectionClosedListener,
  Features,
  parseSemVer,
  QueuedIteratorImpl,
  type SemVer,
} from "@nats-io/nats-core/internal";
