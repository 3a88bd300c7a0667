export { openOutbox } from "./open-outbox.js";
export type { OutboxMode, OutboxOptions, OutboxTransform } from "./options.js";
export type { Outbox } from "./outbox.js";
export type { OutboxEvents, OutboxListener, ParkedInfo } from "./outbox-events.js";
export type { OutboxStats } from "./outbox-stats.js";
export type { OutboxStore, RecordChange, StoreChanges, StoredRecord } from "./store/store.js";
export type {
  BatchMessage,
  BatchOptions,
  Expectations,
  RetryBackoff,
  StreamPublisherOptions,
  StreamPublishOptions,
} from "./stream/options.js";
export type { BatchAck, PubAck, StreamPublishError } from "./stream/pub-ack.js";
export {
  type StreamPublisher,
  type StreamPublisherStats,
  streamPublisher,
} from "./stream/stream-publisher.js";
export * from "./tools/index.js";
