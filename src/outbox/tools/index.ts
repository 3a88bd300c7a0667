export { type ExportedMessage, type ExportOptions, exportOutbox } from "./export-outbox.js";
export { type InspectOptions, inspectOutbox } from "./inspect-outbox.js";
export { type PurgeOptions, type PurgeReport, purgeOutbox } from "./purge-outbox.js";
export type {
  Amount,
  DamagedRecord,
  OutboxOwner,
  OutboxReport,
  ParkedAmount,
  SubjectAmount,
} from "./report.js";
export { type UnparkOptions, unparkOutbox } from "./unpark-outbox.js";
