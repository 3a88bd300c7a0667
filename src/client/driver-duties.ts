import type { ConnectionOptions as TlsConnectOptions } from "node:tls";
import type { EngineEvent } from "../core/events.js";
import type { PoolServer } from "../core/pool.js";
import type { Credentials } from "../core/session-owner.js";
import { CodedError, describeCause } from "../errors.js";
import { askAuthenticators } from "../interop/auth.js";
import { endError, publicError } from "../interop/errors.js";
import type { DialOptions } from "../io/dial.js";
import type { DriverHost } from "../io/driver.js";
import type { WebSocketSettings } from "../io/websocket-upgrade.js";
import type { Connection } from "./connection.js";
import { Elections } from "./elections.js";
import type { Ending } from "./ending.js";
import type { Reporter } from "./reporter.js";
import type { Settings } from "./settings.js";
import type { Waits } from "./waits.js";

/** What the driver asks of a connection: credentials, the application's leave to replay, and an ear for events. */
export class DriverDuties implements DriverHost {
  private readonly settings: Settings;
  private readonly reporter: Reporter;
  private readonly waits: Waits;
  private readonly nc: Connection;
  private readonly ending: Ending;

  /**
   * @param nc for option `beforeReplay`
   * @param ending hears of the end, after everyone else
   */
  constructor(settings: Settings, reporter: Reporter, waits: Waits, nc: Connection, ending: Ending) {
    this.settings = settings;
    this.reporter = reporter;
    this.waits = waits;
    this.nc = nc;
    this.ending = ending;
  }

  event(event: EngineEvent): void {
    if (event.type === "error" && Elections.isOwn(event.error)) return;
    if (event.type === "writable") this.waits.nowWritable();
    this.reporter.tell(event);
    if (event.type === "close")
      this.ending.ended(event.error === undefined ? undefined : endError(event.error, event.cause));
  }

  authenticate(server: PoolServer, nonce: string | undefined): Promise<Credentials> {
    const { user, pass, token } = server.address;
    if (token !== undefined) return Promise.resolve({ auth_token: token });
    if (user !== undefined) return Promise.resolve({ user, pass });
    return askAuthenticators(this.settings.authenticators, nonce);
  }

  get dial(): DialOptions {
    return this.settings.dial;
  }

  get debug(): boolean {
    return this.settings.options.debug === true;
  }

  get websocket(): WebSocketSettings {
    return this.settings.websocket;
  }

  tls(): TlsConnectOptions {
    try {
      return this.settings.tls.read();
    } catch (cause) {
      // It was right in connect(): a file has changed since.
      const { option } = (cause as CodedError).detail;
      throw new CodedError("TLS_FAILED", describeCause(cause), { option, cause });
    }
  }

  async beforeReplay(): Promise<void> {
    try {
      await this.settings.options.beforeReplay?.(this.nc);
    } catch (cause) {
      const text = `beforeReplay failed, the replay goes on: ${describeCause(cause)}`;
      this.reporter.error(publicError(new CodedError("BEFORE_REPLAY_FAILED", text, { cause })));
    }
  }
}
