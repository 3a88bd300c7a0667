import type { Connection } from "../../index.js";

const endings = new WeakMap<Connection, Ending>();

/** How a connection has ended. */
export class Ending {
  /** It is closed for good. */
  over = false;
  /** What has closed it; undefined when the application has. */
  error: Error | undefined;

  /** The one of this connection: it is waited for once, however many handlers there are. */
  static of(nc: Connection): Ending {
    let found = endings.get(nc);
    if (found === undefined) {
      found = new Ending(nc.closed());
      endings.set(nc, found);
    }
    return found;
  }

  constructor(closed: Promise<undefined | Error>) {
    const end = (error: Error | undefined) => {
      this.over = true;
      this.error = error;
    };
    closed.then(end, end);
  }
}
