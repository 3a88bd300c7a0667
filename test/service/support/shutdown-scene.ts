import { EventEmitter } from "node:events";
import { vi } from "vitest";
import type { Component, Connection } from "../../../src/index.js";
import { Exits, type ShutdownHost } from "../../../src/service/shutdown/exits.js";
import { type ShutdownOptions, toShutdownSettings } from "../../../src/service/shutdown/options.js";
import { ProcessShutdown } from "../../../src/service/shutdown/process-shutdown.js";

export const never = () => new Promise<never>(() => {});

/** What a shutdown uses of a connection; everything settles at once unless a test says otherwise. */
export class FakeConnection {
  readonly calls: string[] = [];
  readonly components: Component[] = [];
  readonly reported: unknown[] = [];
  readonly options: { name?: string };
  readonly figures = { dropped: 0, unconfirmed: 0 };
  buffered = { messages: 0, bytes: 0 };
  isClosedNow = false;
  isDrainingNow = false;
  subscriptions: () => Promise<void> = async () => {};
  /** What becomes of a drain, or of a close. */
  ending: (timeout: number) => Promise<void> = async () => {};
  private ended!: (error?: Error) => void;
  private readonly over = new Promise<Error | undefined>((resolve) => {
    this.ended = resolve;
  });

  constructor(name?: string) {
    this.options = { name };
  }

  stats() {
    return { ...this.figures };
  }

  isClosed() {
    return this.isClosedNow;
  }

  isDraining() {
    return this.isDrainingNow;
  }

  closed() {
    return this.over;
  }

  addComponent(component: Component) {
    this.components.push(component);
    return () => void this.components.splice(this.components.indexOf(component), 1);
  }

  report(error: unknown) {
    this.reported.push(error);
  }

  async drainSubscriptions() {
    this.calls.push("drainSubscriptions");
    await this.subscriptions();
  }

  async flush() {
    this.calls.push("flush");
  }

  async drain({ timeout }: { timeout: number }) {
    this.calls.push("drain");
    await this.end(timeout);
  }

  async close({ timeout }: { timeout: number }) {
    this.calls.push("close");
    await this.end(timeout);
  }

  /** An error, or its user, has closed it. */
  endNow(error?: Error) {
    this.isClosedNow = true;
    this.ended(error);
  }

  private async end(timeout: number) {
    await this.ending(timeout);
    this.endNow();
  }
}

export class FakeHost extends EventEmitter implements ShutdownHost {
  readonly exits: number[] = [];
  exitCode: number | undefined;
  readonly stdout = { writable: true, writableLength: 0, write: () => true };
  readonly errors: string[] = [];
  readonly stderr = {
    writable: true,
    writableLength: 0,
    write: (text: string) => void this.errors.push(text),
  };
  exit(code: number) {
    this.exits.push(code);
  }
}

export interface Scene {
  host: FakeHost;
  nc: FakeConnection;
  shutdown: ProcessShutdown;
}

export function make(options: ShutdownOptions = {}, nc = new FakeConnection(), host = new FakeHost()): Scene {
  return { host, nc, shutdown: start([nc], options, new Exits(host)) };
}

export function start(
  connections: FakeConnection[],
  options: ShutdownOptions,
  exits: Exits,
): ProcessShutdown {
  return new ProcessShutdown(connections as unknown as Connection[], toShutdownSettings(options), exits);
}

export const turn = () => vi.advanceTimersByTimeAsync(0);
export const readiness = (nc: FakeConnection) => nc.components.map((component) => component.facts().unready);
export const phase = (nc: FakeConnection) => nc.components.map((component) => component.facts()).at(-1);

export function component(stop: NonNullable<Component["stop"]>, facts: object = {}): Component {
  return { facts: () => ({ kind: "other", name: "mine", ...facts }) as never, stop };
}
