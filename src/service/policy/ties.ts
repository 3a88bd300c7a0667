import type { Connection } from "../../index.js";
import type { Ender } from "./waiting.js";

/** Whoever wants to hear of a connection. */
export interface Tied {
  /** A new link stands. */
  reconnected(): void;
  /** The connection is closed, for good. */
  closed(): void;
}

/**
 * What policies hear of one connection: by one listener, however many policies there are, and without keeping alive a policy that nobody
 * else holds.
 */
class Ties implements Ender {
  private readonly tied = new Set<WeakRef<Tied>>();
  private readonly ends = new Set<() => void>();
  private isClosed = false;

  constructor(nc: Connection) {
    nc.on("reconnect", () => this.each((tied) => tied.reconnected()));
    const close = () => this.close();
    nc.closed().then(close, close);
  }

  /** @returns takes it away again; it must not hold on to `tied` */
  add(tied: Tied): () => void {
    const ref = new WeakRef(tied);
    this.tied.add(ref);
    return () => this.tied.delete(ref);
  }

  onEnd(end: () => void): (() => void) | undefined {
    if (this.isClosed) return undefined;
    this.ends.add(end);
    return () => this.ends.delete(end);
  }

  private close(): void {
    this.isClosed = true;
    for (const end of [...this.ends]) end();
    this.each((tied) => tied.closed());
    this.tied.clear();
  }

  private each(tell: (tied: Tied) => void): void {
    for (const ref of [...this.tied]) {
      const tied = ref.deref();
      if (tied !== undefined) tell(tied);
    }
  }
}

const byConnection = new WeakMap<Connection, Ties>();

/** The ties of a connection. */
export function tiesOf(nc: Connection): Ties {
  const ties = byConnection.get(nc) ?? new Ties(nc);
  byConnection.set(nc, ties);
  return ties;
}
