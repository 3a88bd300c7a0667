import { invalidArgument } from "../../checks/invalid.js";
import type { Connection } from "../../index.js";
import type { CodecData, DataByCodec, DataByName } from "../work/work-options.js";
import { type ConsumeContext, type ConsumeOptions, readConsumeOptions } from "./consume-options.js";
import { type Consumption, SupervisedConsumption } from "./consumption.js";
import type { Delivery } from "./delivery.js";
import { loadManager } from "./jetstream.js";

/** A function that handles messages of a stream: throwing or rejecting fails the try, anything else acknowledges the message. */
export type ConsumeHandler<T = unknown> = (data: T, context: ConsumeContext) => unknown;

/**
 * Consumes a durable JetStream consumer, and keeps doing so: pulls as many messages as there is room for, decodes them, calls `handler`, up to
 * `concurrency` at the same time, and acknowledges what it is done with. A message whose handler fails comes again; after `maxDeliver` tries it is
 * given up, and stored where dead letters go. When the link is lost, the consumer's leader changes, heartbeats stay away, or consumer or
 * stream are gone, it looks what is wrong, makes what is missing if it may (`ensure`), and goes on behind the last message that was done with.
 *
 * Each message is handled at least once. One that comes again although this process is done with it is acknowledged again, and not handled.
 *
 * It starts at once, also where no JetStream answers yet: then it waits for it, `state` is `"starting"`, and `CONSUMER_FAILED` is told
 * by the connection's `error` event; `ready()` waits for the first success. The consumption is a component of the connection: health and metrics show
 * it, `nc.drain()` stops it.
 *
 * The data has the type of what `schema` returns; without one that of the codec: {@link Delivery} with `"none"`, else as for `handle()`.
 *
 * Needs the package `@nats-io/jetstream`. Rejects with code `INVALID_OPTION`, `INVALID_ARGUMENT`, `PACKAGE_MISSING`, `CONNECTION_CLOSED`,
 * `CONNECTION_DRAINING`.
 */
export function consume<N extends keyof CodecData<Delivery>>(
  nc: Connection,
  options: ConsumeOptions<CodecData<Delivery>[N]> & DataByName<N>,
  handler: ConsumeHandler<CodecData<Delivery>[N]>,
): Promise<Consumption>;
export function consume<T>(
  nc: Connection,
  options: ConsumeOptions<T> & DataByCodec<T>,
  handler: ConsumeHandler<T>,
): Promise<Consumption>;
export function consume<T = unknown>(
  nc: Connection,
  options: ConsumeOptions<T>,
  handler: ConsumeHandler<T>,
): Promise<Consumption>;
export async function consume<T>(
  nc: Connection,
  options: ConsumeOptions<T>,
  handler: ConsumeHandler<T>,
): Promise<Consumption> {
  if (typeof nc?.addComponent !== "function")
    throw invalidArgument("consume(): nc is no connection of holdfast");
  if (typeof handler !== "function") throw invalidArgument("consume(): the handler is no function");
  if (options === undefined) throw invalidArgument("consume(): stream and durable are missing");
  const settings = readConsumeOptions(options);
  const jsm = await loadManager(nc, { domain: settings.domain, timeout: settings.apiTimeout }, "consume");
  return new SupervisedConsumption(nc, jsm, settings, handler as ConsumeHandler<never>);
}
