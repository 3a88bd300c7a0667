import type { Connection } from "../../index.js";

/** A PING that is on its way. */
interface Trip {
  /** Monotonic ms. */
  readonly since: number;
  /** Resolves with the ms that it took; rejects when the link is lost. */
  readonly answered: Promise<number>;
}

/** The last PING that was answered. */
interface Last {
  /** Monotonic ms. */
  readonly at: number;
  readonly rtt: number;
  /** Of the link that it went over. */
  readonly connectedAt: number | undefined;
}

const roundTrips = new WeakMap<Connection, RoundTrip>();

/**
 * Round trips of one connection for all who ask. At every moment there is one PING on the way, however many ask and however long the
 * server says nothing: those who come later wait for the same one.
 */
export class RoundTrip {
  private readonly nc: Connection;
  private trip: Trip | undefined;
  private last: Last | undefined;

  /** The one of this connection. */
  static of(nc: Connection): RoundTrip {
    let found = roundTrips.get(nc);
    if (found === undefined) {
      found = new RoundTrip(nc);
      roundTrips.set(nc, found);
    }
    return found;
  }

  constructor(nc: Connection) {
    this.nc = nc;
  }

  /**
   * The ms of a round trip. Rejects with {@link Overdue} when the server has not answered a PING for `deadline` ms, at once if that
   * is so already; and with the error of `nc.rtt()`.
   *
   * @param deadline ms
   * @param maxAge ms for which the last one will do; it must have gone over the link of now
   */
  async ask(deadline: number, maxAge: number, connectedAt: number | undefined): Promise<number> {
    const now = performance.now();
    const { last } = this;
    if (last !== undefined && last.connectedAt === connectedAt && now - last.at < maxAge) return last.rtt;
    this.trip ??= this.send(now, connectedAt);
    return within(this.trip, deadline, now);
  }

  private send(now: number, connectedAt: number | undefined): Trip {
    const answered = this.nc.rtt();
    const trip = { since: now, answered };
    const over = () => {
      if (this.trip === trip) this.trip = undefined;
    };
    answered.then((rtt) => {
      this.last = { at: performance.now(), rtt, connectedAt };
      over();
    }, over);
    return trip;
  }
}

/** The server has not answered in time. */
export class Overdue extends Error {
  /** ms that it has not answered for. */
  readonly waited: number;

  constructor(waited: number) {
    super("no answer to a PING in time");
    this.waited = waited;
  }
}

function within({ since, answered }: Trip, deadline: number, now: number): Promise<number> {
  return new Promise((resolve, reject) => {
    const overdue = () => reject(new Overdue(performance.now() - since));
    // What has come in while this process did not run is read before the server is blamed.
    const timer = setTimeout(() => setImmediate(overdue), Math.max(0, since + deadline - now));
    // It is the connection that keeps the process alive, or nothing.
    timer.unref();
    answered.then(resolve, reject).finally(() => clearTimeout(timer));
  });
}
