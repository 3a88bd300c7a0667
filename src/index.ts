export { connect } from "./client/connect.js";
export type { Connection, PublishOptions } from "./client/connection.js";
export type {
  CloseInfo,
  ConnectionEvents,
  ConnectionState,
  DisconnectInfo,
  EventName,
  Listener,
  ReconnectInfo,
  ReconnectingInfo,
  StateChange,
} from "./client/events.js";
export type { Buffered, ConnectionStats } from "./client/facts.js";
export type { HoldfastMsg } from "./client/msg.js";
export type { ConnectionOptions, DelayInfo } from "./client/options.js";
export type { Subscription, SubscriptionOptions } from "./client/subscription.js";
export type { BackoffOptions } from "./core/backoff.js";
export type { DropReason } from "./core/books.js";
export type { LostMessage } from "./core/events.js";
export { type ErrorCode, isHoldfastError } from "./errors.js";
export type { HoldfastError } from "./interop/errors.js";
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
  type NatsConnection,
  nkeyAuthenticator,
  nuid,
  type Payload,
  type RequestManyOptions,
  type RequestOptions,
  type Server,
  type ServerInfo,
  type Status,
  tokenAuthenticator,
  usernamePasswordAuthenticator,
} from "./interop/nats-core.js";
export { VERSION } from "./version.js";
