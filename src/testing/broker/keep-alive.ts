import type { ClientConnection } from "./client-connection.js";
import type { Scheduler, Timer } from "./line.js";

/** nats-server asks for the first sign of life early, to measure the round trip. */
const FIRST_PING = 2000;
const DEFAULT_PINGS_OUT = 2;

/** Watches over a client: that it presents its credentials in time, and that it is still there. */
export class KeepAlive {
  private readonly client: ClientConnection;
  private readonly scheduler: Scheduler;
  private authTimer: Timer | undefined;
  private pingTimer: Timer | undefined;
  private pingsOut = 0;
  private asked = false;
  private heardAt: number;

  constructor(client: ClientConnection, scheduler: Scheduler) {
    this.client = client;
    this.scheduler = scheduler;
    this.heardAt = scheduler.now;
    const { authTimeout, pingInterval } = client.broker.settings;
    if (authTimeout !== undefined && client.mustAuthenticate) {
      this.authTimer = scheduler.in(authTimeout, () => {
        if (client.mustAuthenticate) client.expel("Authentication Timeout");
      });
    }
    if (pingInterval !== undefined)
      this.wait(client.connected ? Math.min(FIRST_PING, pingInterval) : pingInterval);
  }

  /** Its CONNECT was accepted. */
  connected(): void {
    const { pingInterval } = this.client.broker.settings;
    this.pingTimer?.cancel();
    if (pingInterval !== undefined) this.wait(Math.min(FIRST_PING, pingInterval));
  }

  /** The client has said something. */
  heard(): void {
    this.heardAt = this.scheduler.now;
  }

  ponged(): void {
    this.pingsOut = 0;
  }

  end(): void {
    this.authTimer?.cancel();
    this.pingTimer?.cancel();
  }

  private wait(delay: number): void {
    this.pingTimer = this.scheduler.in(delay, this.look);
  }

  private readonly look = (): void => {
    const { pingInterval, maxPingsOut = DEFAULT_PINGS_OUT } = this.client.broker.settings;
    if (pingInterval === undefined) return;
    const silent = this.scheduler.now - this.heardAt;
    if (this.asked && this.pingsOut === 0 && silent < pingInterval) return this.wait(pingInterval);
    this.asked = true;
    if (this.pingsOut >= maxPingsOut) return this.client.expel("Stale Connection");
    this.pingsOut++;
    this.client.askPing();
    this.wait(pingInterval);
  };
}
