/**
 * What `@nats-io/transport-node` exports beside `connect`: nats-core's helpers, error classes, types, and the internals
 * that it lets through. A program that imports any of it needs no change but the package's name.
 */
export * from "@nats-io/nats-core/internal";
