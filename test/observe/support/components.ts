import type {
  Component,
  ComponentFacts,
  ConsumerFacts,
  HandlerFacts,
  OutboxFacts,
  PolicyFacts,
  PublisherFacts,
  ShutdownFacts,
} from "../../../src/index.js";

/** Facts of components as they are written by hand: true to their types, the rest is the test's. */

const WORK = {
  inFlight: 0,
  waiting: 0,
  handled: 0,
  retried: 0,
  failed: 0,
  timedOut: 0,
  invalid: 0,
  deadLettered: 0,
  discarded: 0,
  durations: { bounds: [10, 1_000], counts: [0, 0, 0], sum: 0, count: 0 },
};

export function handlerFacts(changes: Partial<HandlerFacts> = {}): HandlerFacts {
  return {
    kind: "handler",
    name: "orders.*",
    subject: "orders.*",
    queue: undefined,
    state: "running",
    concurrency: 1,
    ...WORK,
    ...changes,
  };
}

export function consumerFacts(changes: Partial<ConsumerFacts> = {}): ConsumerFacts {
  return {
    kind: "consumer",
    name: "ORDERS/books",
    stream: "ORDERS",
    consumer: "books",
    state: "consuming",
    concurrency: 1,
    ...WORK,
    acked: 0,
    naked: 0,
    termed: 0,
    redelivered: 0,
    recoveries: 0,
    recreated: 0,
    pending: 0,
    ackPending: 0,
    lastMessageAt: 1_760_000_000_000,
    ...changes,
  };
}

export function policyFacts(changes: Partial<PolicyFacts> = {}): PolicyFacts {
  return {
    kind: "policy",
    name: "prices",
    calls: 0,
    failed: 0,
    retried: 0,
    rejected: 0,
    hedged: 0,
    fallbacks: 0,
    breakers: [{ subject: "prices.{id}", state: "closed", opened: 0 }],
    ...changes,
  };
}

export function outboxFacts(changes: Partial<OutboxFacts> = {}): OutboxFacts {
  return {
    kind: "outbox",
    name: "outbox",
    mode: "overflow",
    state: "idle",
    messages: 0,
    bytes: 0,
    maxBytes: 1_000_000,
    oldestAge: 0,
    parked: 0,
    recovered: 0,
    stored: 0,
    confirmed: 0,
    expired: 0,
    refused: 0,
    lost: 0,
    failures: 0,
    flushes: { bounds: [1, 10], counts: [0, 0, 0], sum: 0, count: 0 },
    ...changes,
  };
}

export function publisherFacts(changes: Partial<PublisherFacts> = {}): PublisherFacts {
  return {
    kind: "publisher",
    name: "ORDERS",
    stream: "ORDERS",
    state: "running",
    inFlight: 0,
    waiting: 0,
    acked: 0,
    duplicates: 0,
    retried: 0,
    failed: 0,
    durations: { bounds: [1, 10], counts: [0, 0, 0], sum: 0, count: 0 },
    ...changes,
  };
}

export function shutdownFacts(changes: Partial<ShutdownFacts> = {}): ShutdownFacts {
  return { kind: "shutdown", name: "shutdown", phase: "waiting", ...changes };
}

/** A component whose facts are what a test says they are. */
export class HandMade<F extends ComponentFacts = ComponentFacts> implements Component {
  told: F;

  constructor(told: F) {
    this.told = told;
  }

  facts(): F {
    return this.told;
  }

  /** Changes some of them. */
  tell(changes: Partial<F>): void {
    this.told = { ...this.told, ...changes };
  }
}

/** One of each kind. */
export function oneOfEach(): HandMade[] {
  return [
    new HandMade(handlerFacts()),
    new HandMade(consumerFacts()),
    new HandMade(policyFacts()),
    new HandMade(outboxFacts()),
    new HandMade(publisherFacts()),
    new HandMade(shutdownFacts()),
    new HandMade({ kind: "other", name: "cache" }),
  ];
}
