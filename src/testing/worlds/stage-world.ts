import type { Clock, Timer } from "../../io/clock.js";
import { checkToxic, checkUpdate } from "../proxy/check-toxic.js";
import type { End, Outlet, Site, ToxicState } from "../proxy/stage.js";
import type { ToxicAttributes, ToxicCommon, ToxicType, ToxicUpdate } from "../proxy/toxics.js";
import { Random } from "../random.js";
import { Agenda, type Appointment } from "../sim/agenda.js";

/** What surrounds a toxic in one direction of a link: virtual time, a link that can end, and what comes out behind it. */
export class StageWorld<T extends ToxicType> implements Site, Outlet {
  readonly toxic: ToxicState<T>;
  readonly random = new Random(1);
  readonly clock: Clock;
  /** What has come out, each with its time: `12:text`, or `12:fin`. */
  readonly out: string[] = [];
  /** What has become of the link. */
  link: "open" | "reset" | "closed" = "open";
  /** Virtual ms. */
  now = 0;
  private readonly agenda = new Agenda();
  private readonly pending = new Set<Appointment>();

  constructor(options: { type: T } & ToxicCommon & ToxicAttributes[T]) {
    const info = checkToxic(options) as unknown as ToxicState<T>["info"];
    this.toxic = { number: 0, info, injected: 0 };
    this.clock = {
      origin: 0,
      now: () => this.now,
      setTimeout: (callback, ms) => this.in(ms, callback),
      clearTimeout: (timer) => this.cancel(timer),
      setImmediate: (callback) => {
        this.in(0, callback);
      },
    };
  }

  /** Timers, and calls for the next turn, that are under way. */
  get timers(): number {
    return this.pending.size;
  }

  /** Changes the toxic; whoever acts for it still has to be told. */
  update(change: ToxicUpdate<T>): void {
    this.toxic.info = checkUpdate(this.toxic.info as never, change) as never;
  }

  /** Lets time pass. */
  advance(ms: number): void {
    const end = this.now + ms;
    for (let next = this.agenda.take(); next !== undefined; next = this.agenda.take()) {
      if (next.at > end) {
        this.agenda.postpone(next, next.at);
        break;
      }
      this.now = Math.max(this.now, next.at);
      this.pending.delete(next);
      next.run();
    }
    this.now = end;
  }

  write(data: Buffer): void {
    this.out.push(`${this.now}:${data.toString("latin1")}`);
  }

  end(how: End): void {
    this.out.push(`${this.now}:${how}`);
  }

  resetLink(): void {
    this.link = "reset";
  }

  closeLink(): void {
    this.link = "closed";
  }

  flow(): void {}

  private in(ms: number, run: () => void): Timer {
    const appointment = this.agenda.add(this.now + ms, run, false);
    this.pending.add(appointment);
    return appointment;
  }

  private cancel(timer: Timer | undefined): void {
    if (timer === undefined) return;
    this.pending.delete(timer as Appointment);
    (timer as Appointment).cancelled = true;
  }
}
