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
export type {
  BreakerOptions,
  HedgeOptions,
  PolicyCall,
  PolicyOptions,
  RetryOptions,
  SamplingOptions,
} from "./policy/options.js";
export { type PolicyBreaker, policy, type RequestPolicy } from "./policy/policy.js";
export type { PolicyCounts } from "./policy/policy-counts.js";
export type {
  BreakerChange,
  PolicyEvents,
  PolicyFallback,
  PolicyHedge,
  PolicyRetry,
} from "./policy/policy-events.js";
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
