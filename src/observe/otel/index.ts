export type { ReceivedMessage } from "./incoming.js";
export { type Instrumentation, instrument } from "./instrument.js";
export type { InstrumentOptions } from "./options.js";
