import { setMaxListeners } from "node:events";
import { constants } from "node:os";
import { describeCause } from "../../errors.js";
import type { Component, Connection, ShutdownFacts } from "../../index.js";
import { ClosingServer } from "./closing-server.js";
import { ConnectionEnd } from "./connection-end.js";
import type { Exits } from "./exits.js";
import type { ShutdownSettings } from "./options.js";
import { describeReport, isComponentDone, isConnectionDone, oneLine, type ShutdownReport } from "./report.js";
import { Waits } from "./waits.js";

/** ms within which several signals are one: Ctrl-C reaches a whole process group, and `npm` passes it on once more. */
const TOGETHER = 500;

/** A shutdown of the process, which waits for its signal, or is under way. */
export class ProcessShutdown {
  readonly done: Promise<ShutdownReport>;
  readonly #settings: ShutdownSettings;
  readonly #exits: Exits;
  readonly #controller = new AbortController();
  readonly #waits = new Waits();
  readonly #connections: readonly ConnectionEnd[];
  readonly #servers: readonly ClosingServer[];
  readonly #components: (() => void)[];
  readonly #errors: Error[] = [];
  #settle!: (report: ShutdownReport) => void;
  #phase: ShutdownFacts["phase"] = "waiting";
  #reason = "";
  /** By `performance.now()`. */
  #begunAt: number | undefined;
  #signal: NodeJS.Signals | undefined;
  #signalAt = 0;
  #forcedBy: NodeJS.Signals | undefined;
  #timedOut = false;
  #isAfterCalled = false;
  #isOver = false;

  constructor(connections: readonly Connection[], settings: ShutdownSettings, exits: Exits) {
    this.#settings = settings;
    this.#exits = exits;
    // Each request that is under way may listen.
    setMaxListeners(0, this.signal);
    this.done = new Promise((resolve) => {
      this.#settle = resolve;
    });
    this.#connections = connections.map((nc, index) => {
      const name = nc.options.name ?? `connection ${index + 1}`;
      return new ConnectionEnd(nc, name, this.#waits, this.#failed);
    });
    this.#servers = settings.servers.map((server, index) => new ClosingServer(server, `server ${index + 1}`));
    const component: Component = { facts: () => this.#facts() };
    this.#components = connections.map((nc) => nc.addComponent(component));
    for (const signal of settings.signals) exits.host.on(signal, this.#onSignal);
  }

  /** Aborted when it begins. */
  get signal(): AbortSignal {
    return this.#controller.signal;
  }

  /** Begins it, once. */
  begin(reason: string): Promise<ShutdownReport> {
    if (this.#begunAt !== undefined) return this.done;
    this.#begunAt = performance.now();
    this.#reason = oneLine(reason);
    this.#phase = "delaying";
    this.#exits.begin(this);
    for (const connection of this.#connections) connection.begin();
    this.#log(`shutdown (${this.#reason}) begins`);
    this.#controller.abort(new DOMException(`shutting down (${this.#reason})`, "AbortError"));
    void this.#run(this.#begunAt);
    return this.done;
  }

  /** Hears no more signals. One that has not begun is nothing any more. */
  dispose(): void {
    for (const signal of this.#settings.signals) this.#exits.host.off(signal, this.#onSignal);
    if (this.#begunAt !== undefined) return;
    for (const remove of this.#components) remove();
    for (const server of this.#servers) server.forget();
  }

  #facts(): ShutdownFacts {
    const unready = this.#begunAt === undefined ? undefined : `shutting down (${this.#reason})`;
    return { kind: "shutdown", name: "shutdown", phase: this.#phase, unready };
  }

  readonly #onSignal = (signal: NodeJS.Signals): void => {
    const now = performance.now();
    if (this.#signal === undefined) {
      this.#signal = signal;
      this.#signalAt = now;
      void this.begin(signal);
    } else if (now - this.#signalAt >= TOGETHER) this.#force(signal);
  };

  async #run(begunAt: number): Promise<void> {
    const { before, delay, workUntil, drainUntil, after, timeout } = this.#settings;
    const steps = [
      () => this.#call("before", before, begunAt + (workUntil - delay) / 2),
      () => this.#delay(Math.min(performance.now() + delay, begunAt + workUntil)),
      () => this.#stopWork(begunAt + workUntil),
      () => this.#drain(begunAt + drainUntil, begunAt + (drainUntil + timeout) / 2),
      () => this.#closeLast(),
      () => this.#call("after", after, begunAt + timeout),
    ];
    for (const step of steps) {
      await step();
      if (this.#isOver) return;
    }
    this.#end(this.#report());
  }

  async #delay(until: number): Promise<void> {
    if (this.#settings.delay > 0) await this.#waits.settledBy(until, new Promise(() => {}));
  }

  async #stopWork(until: number): Promise<void> {
    this.#phase = "stopping";
    const servers = Promise.all(this.#servers.map((server) => server.close().catch(this.#failed)));
    if (await this.#settled(until, this.#stopConnections(until, servers))) return;
    for (const server of this.#servers) server.cut();
  }

  /** Until nothing new has come on any of them: work of one, and of servers, may bring work on another. */
  async #stopConnections(until: number, servers: Promise<unknown>): Promise<void> {
    for (;;) {
      const stopping = this.#connections.map((connection) => connection.stopWork(until));
      const [tookTurns] = await Promise.all([Promise.all(stopping), servers]);
      if (!tookTurns.includes(true) || performance.now() >= until || this.#isOver) return;
    }
  }

  /** @param latest a little later: connections close by themselves at `until`, and tell what they have lost */
  async #drain(until: number, latest: number): Promise<void> {
    this.#phase = "draining";
    await this.#settled(latest, Promise.all(this.#connections.map((connection) => connection.end(until))));
  }

  async #closeLast(): Promise<void> {
    this.#phase = "done";
    for (const given of this.#settings.last) {
      const server = new ClosingServer(given, "");
      server.close().catch(this.#failed);
      server.cut();
      server.forget();
    }
  }

  /** Calls a hook, and waits for it until then. What goes wrong is in the report. */
  async #call(name: "before" | "after", hook: ShutdownSettings["before"], until: number): Promise<void> {
    if (hook === undefined) return;
    const report = this.#report();
    this.#isAfterCalled = name === "after";
    const called = (async () => hook(report))().catch(this.#failed);
    if (!(await this.#settled(until, called)) && !this.#isOver)
      this.#errors.push(new Error(`${name}() did not settle in time`));
  }

  async #settled(until: number, work: Promise<unknown>): Promise<boolean> {
    const settled = await this.#waits.settledBy(until, work);
    if (!settled && !this.#isOver) this.#timedOut = true;
    return settled;
  }

  /** Ends it in the middle of whatever it is at. */
  #force(signal: NodeJS.Signals): void {
    if (this.#isOver) return;
    this.#forcedBy = signal;
    const report = this.#report();
    const { after } = this.#settings;
    this.#end(report, 128 + constants.signals[signal]);
    // Nobody waits for these; where the process goes on, they let it end by itself.
    if (after !== undefined && !this.#isAfterCalled) (async () => after(report))().catch(() => {});
    for (const server of this.#servers) server.cut();
    for (const { nc } of this.#connections) nc.close({ timeout: 1 }).catch(() => {});
    void this.#closeLast();
  }

  /** @param forced the code of a forced end */
  #end(report: ShutdownReport, forced?: number): void {
    this.#isOver = true;
    this.#phase = "done";
    this.#waits.endAll();
    for (const server of this.#servers) server.forget();
    this.#logEnd(report);
    this.#settle(report);
    const { exit } = this.#settings;
    const code = forced ?? this.#code(report);
    if (exit !== undefined) {
      // Otherwise it listens until the process exits: one more signal would kill it in the middle of that.
      this.dispose();
      this.#exits.end(this, undefined);
      this.#leave(exit, code, report);
    } else if (forced === undefined) this.#exits.end(this, code);
    else void this.#exits.now(forced);
  }

  #code({ complete }: ShutdownReport): number {
    const own = Number(this.#exits.host.exitCode ?? 0);
    if (own !== 0) return own;
    return complete ? 0 : 1;
  }

  /** As the application wants it. */
  #leave(exit: NonNullable<ShutdownSettings["exit"]>, code: number, report: ShutdownReport): void {
    const { host } = this.#exits;
    if (exit === false) {
      host.exitCode = code;
      return;
    }
    (async () => exit(code, report))().catch((cause) => {
      host.exitCode = code === 0 ? 1 : code;
      host.stderr.write(
        `holdfast: option "exit" of gracefulShutdown() failed: ${oneLine(describeCause(cause))}\n`,
      );
    });
  }

  #logEnd(report: ShutdownReport): void {
    const { log } = this.#settings;
    if (log !== undefined) this.#log(describeReport(report));
    else if (!report.complete) this.#exits.host.stderr.write(`holdfast: ${describeReport(report)}\n`);
  }

  #log(line: string): void {
    const { log } = this.#settings;
    if (log === undefined || log === false) return;
    (async () => log(line))().catch(this.#failed);
  }

  readonly #failed = (cause: unknown): void => {
    this.#errors.push(toError(cause));
  };

  #report(): ShutdownReport {
    const connections = this.#connections.map((connection) => connection.report());
    const components = this.#connections.flatMap((connection) => connection.components());
    const servers = this.#servers.map((server) => server.report());
    const errors = [...this.#errors];
    const timedOut = this.#timedOut;
    const forcedBy = this.#forcedBy;
    return {
      reason: this.#reason,
      signal: this.#signal,
      forcedBy,
      timedOut,
      took: performance.now() - this.#begunAt!,
      complete:
        !timedOut &&
        forcedBy === undefined &&
        errors.length === 0 &&
        connections.every(isConnectionDone) &&
        components.every(isComponentDone) &&
        servers.every(({ closed }) => closed),
      connections,
      components,
      servers,
      errors,
    };
  }
}

function toError(cause: unknown): Error {
  try {
    if (cause instanceof Error) return cause;
  } catch {
    // Not even its class can be asked for.
  }
  return new Error(describeCause(cause));
}
