import type { Engine } from "../core/engine.js";
import type { PoolServer } from "../core/pool.js";
import type { LinkSocket, SocketListener } from "./socket.js";

/** What a socket does to the driver that has opened it. */
export interface LinkEventsHost {
  secure(epoch: number, server: PoolServer): void;
  /** `isPlain`: as the system hands it out. */
  received(epoch: number, buf: Buffer, isPlain: boolean): void;
  written(epoch: number, bytes: number, blocked: boolean): void;
  /** A link is closed, which the next input tells. */
  closing(): void;
  attempt(epoch: number, step: () => void): void;
  input(give: (now: number) => void): void;
}

/** Passes on what the socket of one link tells. An object with methods: closures would take seven times the room. */
export class LinkEvents implements SocketListener {
  private readonly driver: LinkEventsHost;
  private readonly engine: Engine;
  readonly epoch: number;
  socket!: LinkSocket;
  private readonly server: PoolServer;
  private readonly tlsFirst: boolean;

  constructor(driver: LinkEventsHost, engine: Engine, epoch: number, server: PoolServer, tlsFirst: boolean) {
    this.driver = driver;
    this.engine = engine;
    this.epoch = epoch;
    this.server = server;
    this.tlsFirst = tlsFirst;
  }

  opened(): void {
    const { driver, engine, epoch, server } = this;
    if (!this.tlsFirst) return this.ready();
    driver.input((now) => engine.session.handleTlsBegun(epoch, now));
    driver.attempt(epoch, () => driver.secure(epoch, server));
  }

  secured(): void {
    const { driver, engine, epoch } = this;
    if (this.tlsFirst) this.ready();
    else driver.input((now) => engine.session.handleSecure(epoch, now));
  }

  data(buf: Buffer): void {
    this.driver.received(this.epoch, buf, this.socket.isPlain);
  }

  written(bytes: number, blocked: boolean): void {
    this.driver.written(this.epoch, bytes, blocked);
  }

  closed(error: Error | undefined): void {
    const { driver, engine, epoch } = this;
    driver.closing();
    driver.input((now) => engine.session.handleClosed(epoch, error, now));
  }

  private ready(): void {
    const { driver, engine, epoch } = this;
    driver.input((now) => engine.session.handleOpen(epoch, now));
  }
}
