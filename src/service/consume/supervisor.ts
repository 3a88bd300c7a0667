import { codedError } from "../../checks/coded-error.js";
import { describeCause } from "../../errors.js";
import type { Connection } from "../../index.js";
import type { ConsumptionState } from "./events.js";
import { apiCode, type ConsumerInfo } from "./jetstream.js";
import type { Keeper } from "./keeper.js";
import type { StatusMeaning } from "./pull-status.js";
import { PROBE, type Puller } from "./puller.js";

/** ms between two looks at the clock: pulls, heartbeats. */
const TICK = 250;
/** ms between two looks at a consumer that works. */
const LOOK = 5_000;
/** ms between two tries to set it going: the first such pause, and the longest. */
const FIRST_PAUSE = 100;
const LONGEST_PAUSE = 1_000;
/** ms that a probe has until the server has shown itself, one way or the other. */
const PROBE_PATIENCE = 2 * PROBE.heartbeat + 200;
/** ms for which what may pass by itself (an election, a restart) is not called an error. */
const PATIENCE = 5_000;

/** What the supervisor needs of whoever handles the messages. */
export interface SupervisorHost {
  /** What is supervised, in errors. */
  readonly name: string;
  /** Messages that there is room for. */
  room(): number;
  /** A pull is sent when there is room for so many, or none is under way. */
  readonly portion: number;
  /** What the consumer is like, as was found now. */
  found(info: ConsumerInfo): void;
  changed(from: ConsumptionState, to: ConsumptionState, reason: string): void;
  recovered(after: number, reason: string): void;
  /** An error of code `CONSUMER_FAILED`, once for each time that it stops. */
  failed(error: Error): void;
  /** The last try has shown that the server does not let it: see {@link Supervisor.denial}. */
  denied(): void;
}

/**
 * Keeps one consumer going: pulls while there is room, notices when nothing comes any longer (lost link, missed heartbeats, a status, a
 * consumer that is gone), and then looks, makes what is missing, and pulls again until the server shows itself.
 */
export class Supervisor {
  state: ConsumptionState = "starting";
  lastError: Error | undefined;
  /** What the server does not let it do, as the last try on this link has shown: no wait mends that. */
  denial: Error | undefined;
  recoveries = 0;
  /** Why it does not consume, and since when (monotonic ms). */
  reason = "starting";
  since = performance.now();
  private readonly nc: Connection;
  private readonly puller: Puller;
  private readonly keeper: Keeper;
  private readonly host: SupervisorHost;
  private timer: NodeJS.Timeout | undefined;
  private lastTick = 0;
  private lastLook = 0;
  private isLooking = false;
  private hasTold = false;
  /** Since when there has been a link, monotonic ms. */
  private linkedAt = 0;
  /** What the server has said last of the pulls that it does not serve, since the last try began. */
  private refusal: string | undefined;
  /** Why the server lets it send no pulls, or get nothing by them, since the last try began. */
  private deniedBy: Error | undefined;
  /** Fills when pulls may be sent again. */
  private later: NodeJS.Timeout | undefined;
  /** Ends the pause of the recovery. */
  private wake: () => void = () => {};
  /** Ends the wait for what a probe brings. */
  private answered: () => void = () => {};
  private readonly onDisconnect = () => {
    // The next link may allow it.
    this.denial = undefined;
    this.trouble("the connection is lost");
  };
  private readonly onReconnect = () => this.linkStands();
  private readonly onMove = () => this.moved();

  constructor(nc: Connection, puller: Puller, keeper: Keeper, host: SupervisorHost) {
    this.nc = nc;
    this.puller = puller;
    this.keeper = keeper;
    this.host = host;
  }

  /** ms for which it has got nothing, though it should; 0 when it does. */
  get silentFor(): number {
    return this.state === "starting" || this.state === "recovering" ? performance.now() - this.since : 0;
  }

  start(): void {
    const { nc } = this;
    nc.on("disconnect", this.onDisconnect);
    nc.on("reconnect", this.onReconnect);
    nc.on("move", this.onMove);
    this.puller.open();
    this.lastTick = performance.now();
    this.linkedAt = this.lastTick;
    this.timer = setInterval(() => this.tick(), TICK);
    // What keeps the process alive is the connection.
    this.timer.unref();
    void this.recover();
  }

  /** Pulls no more. */
  stop(state: "stopping" | "stopped", reason: string): void {
    if (this.state === state || this.state === "stopped") return;
    clearInterval(this.timer);
    clearTimeout(this.later);
    const { nc } = this;
    nc.off("disconnect", this.onDisconnect);
    nc.off("reconnect", this.onReconnect);
    nc.off("move", this.onMove);
    this.change(state, reason);
    this.wake();
    this.answered();
  }

  /** Pulls, when there is room for enough. */
  fill(): void {
    if (this.state !== "consuming" || !this.isLinked) return;
    const { puller, host } = this;
    const room = host.room() - puller.expected;
    if (room <= 0 || (room < host.portion && !puller.isIdle) || puller.isFull) return;
    const now = performance.now();
    if (now >= puller.notBefore) puller.pull(room, now);
    else this.fillIn(puller.notBefore - now);
  }

  /** The server has shown itself: a message, a heartbeat. */
  signCame(): void {
    this.answered();
  }

  statusCame(meaning: StatusMeaning, text: string): void {
    switch (meaning) {
      case "ended":
        this.answered();
        return this.fill();
      case "gone":
      case "lost":
      case "refused":
        this.refusal = text;
        this.answered();
        this.trouble(`the server says: ${text}`);
    }
  }

  /** The server does not let it pull. */
  pullDenied(error: Error): void {
    this.deniedBy = error;
    this.answered();
    this.trouble(describeCause(error));
  }

  private get isLinked(): boolean {
    const { state } = this.nc;
    return state === "connected" || state === "draining";
  }

  private get isOver(): boolean {
    return this.state === "stopping" || this.state === "stopped";
  }

  /** It gets nothing any longer: sets it going again. */
  private trouble(reason: string): void {
    if (this.state !== "consuming") return;
    this.reason = reason;
    this.since = performance.now();
    this.hasTold = false;
    this.change("recovering", reason);
    void this.recover();
  }

  private fillIn(ms: number): void {
    clearTimeout(this.later);
    this.later = setTimeout(() => this.fill(), Math.ceil(ms));
    this.later.unref();
  }

  private linkStands(): void {
    this.linkedAt = performance.now();
    this.wake();
    this.answered();
  }

  /** Pulls of the old link may go on, or not. */
  private moved(): void {
    if (this.state !== "consuming") return;
    this.puller.forget();
    this.fill();
  }

  private tick(): void {
    const now = performance.now();
    const late = now - this.lastTick - TICK;
    this.lastTick = now;
    if (late > TICK) this.puller.forgive(late);
    if (this.state !== "consuming") {
      const linkedFor = this.isLinked ? now - this.linkedAt : 0;
      if (Math.min(this.silentFor, linkedFor) > PATIENCE && this.lastError !== undefined) {
        this.tell(this.lastError);
      }
      return;
    }
    if (!this.isLinked) return this.trouble("the connection is lost");
    const trouble = this.puller.trouble(now);
    if (trouble !== undefined) return this.trouble(trouble);
    this.fill();
    if (now - this.lastLook >= LOOK && !this.isLooking) void this.look(now);
  }

  /** A consumer can be gone, or be another one, without a word from the server. */
  private async look(now: number): Promise<void> {
    this.lastLook = now;
    this.isLooking = true;
    try {
      const before = this.keeper.info?.created;
      const info = await this.keeper.look();
      if (this.state !== "consuming") return;
      if (info === undefined) return this.trouble("the consumer is gone");
      this.host.found(info);
      if (info.created !== before) this.trouble("it is another consumer");
    } catch (error) {
      // Whether it works is for heartbeats to say; what is known for sure is said now.
      if (isDefinite(error)) {
        this.lastError = error as Error;
        this.trouble(describeCause(error));
      }
    } finally {
      this.isLooking = false;
    }
  }

  private async recover(): Promise<void> {
    let pause = FIRST_PAUSE;
    this.lastError = undefined;
    while (!this.isOver) {
      if (!this.isLinked) {
        await this.pause(LONGEST_PAUSE);
        pause = FIRST_PAUSE;
        continue;
      }
      if (await this.attempt()) return this.setGoing();
      if (this.isOver) return;
      if (this.denial !== undefined) this.host.denied();
      const before = this.nc.state;
      await this.pause(pause);
      pause = before === this.nc.state ? Math.min(2 * pause, LONGEST_PAUSE) : FIRST_PAUSE;
    }
  }

  /** One try; returns whether the server has shown that it delivers. */
  private async attempt(): Promise<boolean> {
    const { puller, keeper, host } = this;
    const { signs } = puller;
    this.refusal = undefined;
    this.deniedBy = undefined;
    puller.forget();
    try {
      puller.open();
      // Without waiting for what a look brings: most of the time the consumer is there. The first time its limits must be known.
      if (keeper.info !== undefined) this.probe();
      const info = await keeper.establish();
      this.lastLook = performance.now();
      if (this.isOver) return false;
      host.found(info);
    } catch (error) {
      if (this.isOver) return false;
      this.failedBy(error as Error, isDefinite(error));
      // It delivers, whatever JetStream's API says; but what must not be used is not.
      return !isDefinite(error) && puller.signs > signs && keeper.info !== undefined;
    }
    if (host.room() <= 0) return true;
    if (puller.isIdle) this.probe();
    const asked = performance.now();
    while (puller.signs === signs && !puller.isIdle && this.deniedBy === undefined && !this.isOver) {
      const left = PROBE_PATIENCE - (performance.now() - asked);
      if (left <= 0) break;
      await this.untilAnswered(left);
    }
    if (puller.signs > signs) return this.isLinked;
    if (this.isLinked && !this.isOver) this.failedBy(this.unanswered(), this.deniedBy !== undefined);
    return false;
  }

  /** @param isSure no wait mends it */
  private failedBy(error: Error, isSure: boolean): void {
    this.lastError = error;
    this.denial = this.isLinked && isDenied(error) ? error : undefined;
    if (isSure) this.tell(error);
  }

  private unanswered(): Error {
    const { deniedBy: cause, refusal, host } = this;
    let why = `no answer to its pulls (may this user publish to "${this.puller.subject}"?)`;
    if (cause !== undefined) why = describeCause(cause);
    else if (refusal !== undefined) why = `its pulls are refused: ${refusal}`;
    return codedError("CONSUMER_FAILED", `${host.name} gets no messages: ${why}`, { cause });
  }

  private setGoing(): void {
    const { reason } = this;
    const after = Math.round(performance.now() - this.since);
    const wasRecovering = this.state === "recovering";
    this.denial = undefined;
    this.change("consuming", wasRecovering ? "it gets messages again" : "it gets messages");
    this.hasTold = false;
    if (wasRecovering) {
      this.recoveries++;
      this.host.recovered(after, reason);
    }
    this.fill();
  }

  private probe(): void {
    if (this.host.room() > 0) this.puller.pull(1, performance.now(), true);
  }

  private tell(error: Error): void {
    if (this.hasTold) return;
    this.hasTold = true;
    this.host.failed(error);
  }

  private change(to: ConsumptionState, reason: string): void {
    const from = this.state;
    if (from === to) return;
    this.state = to;
    this.host.changed(from, to, reason);
  }

  private pause(ms: number): Promise<void> {
    return wait(ms, (end) => {
      this.wake = end;
    });
  }

  private untilAnswered(ms: number): Promise<void> {
    return wait(ms, (end) => {
      this.answered = end;
    });
  }
}

function wait(ms: number, endWith: (end: () => void) => void): Promise<void> {
  return new Promise((resolve) => {
    const timer = setTimeout(resolve, ms);
    timer.unref();
    endWith(() => {
      clearTimeout(timer);
      resolve();
    });
  });
}

/** Whether an error says that the server refuses for lack of permission. */
export function isDenied(error: unknown): boolean {
  const { cause } = error as { cause?: unknown };
  return (Object(cause) as { code?: unknown }).code === "PERMISSIONS_VIOLATION";
}

/** Whether an error says that something is wrong which no election and no restart of a server will mend. */
export function isDefinite(error: unknown): boolean {
  const { code, cause } = error as { code?: unknown; cause?: unknown };
  if (code !== "CONSUMER_FAILED") return code === "INVALID_OPTION";
  if (cause === undefined || isDenied(error)) return true;
  return apiCode(cause) !== undefined && (cause as { status?: unknown }).status !== 503;
}
