export type { CallbackOptions, EventCallback } from "./client/callbacks.js";
export { connectionOptionNames } from "./client/check-options.js";
export type {
  BreakerFacts,
  BreakerState,
  Component,
  ComponentFacts,
  ComponentStopOptions,
  ConsumerFacts,
  HandlerFacts,
  OtherFacts,
  OutboxFacts,
  PolicyFacts,
  PublisherFacts,
  ShutdownFacts,
  WorkCounts,
} from "./client/components.js";
export { connect } from "./client/connect.js";
export type { Connection } from "./client/connection.js";
export { credsFileAuthenticator } from "./client/creds-file.js";
export type {
  DiagnoseOptions,
  Diagnosis,
  FailedAttempt,
  OutageRecord,
  Pattern,
  PatternKind,
} from "./client/diagnosis/diagnosis.js";
export type { DurableOverflow } from "./client/durable.js";
export { DurationHistogram } from "./client/duration-histogram.js";
export type { EndOptions } from "./client/ending.js";
export type { DescribeEnvOptions } from "./client/env/describe.js";
export { type OptionsFromEnv, optionsFromEnv } from "./client/env.js";
export {
  type AttemptInfo,
  type BufferInfo,
  type CloseInfo,
  type ConnectionEvents,
  type ConnectionState,
  type DisconnectInfo,
  type EventName,
  Events,
  type Listener,
  type MoveInfo,
  type OverflowInfo,
  type PartitionInfo,
  type ReconnectInfo,
  type ReconnectingInfo,
  type SpareInfo,
  type StateChange,
} from "./client/events.js";
export type { Buffered, ConnectionStats } from "./client/facts.js";
export type { Health } from "./client/health.js";
export type { Finding, FindingLevel, LintAround } from "./client/lint/finding.js";
export { lint } from "./client/lint/lint.js";
export type { Histogram, Measurements, MeasureOptions } from "./client/measurements.js";
export type { HoldfastMsg } from "./client/msg.js";
export { normalizeSubject } from "./client/normalize-subject.js";
export type {
  ConnectionOptions,
  ConnectionOptions as NodeConnectionOptions,
  DelayInfo,
  FailbackOptions,
  PreferredServer,
  SocketDialer,
} from "./client/options.js";
export type { PendingLimit, PendingPolicy } from "./client/pending-limit.js";
export type { ProbeOptions } from "./client/probe/options.js";
export { probe } from "./client/probe/probe.js";
export type {
  ProbeAddress,
  ProbeAuth,
  ProbeCertificate,
  ProbeDns,
  ProbeJetStream,
  ProbeJetStreamFailure,
  ProbePayload,
  ProbeReport,
  ProbeRtt,
  ProbeStep,
  ProbeStepName,
  ProbeTcp,
  ProbeTcpFailure,
  ProbeTls,
  ProbeTlsFailure,
} from "./client/probe/report.js";
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
