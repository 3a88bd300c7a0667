import {
  createServer,
  get,
  type IncomingHttpHeaders,
  type IncomingMessage,
  request,
  type Server,
} from "node:http";
import type { AddressInfo, Socket } from "node:net";
import type { Connection } from "../../../src/index.js";
import { type Clock, SYSTEM_CLOCK } from "../../../src/observe/dashboard/clock.js";
import {
  type DashboardOptions,
  toDashboardSettings,
} from "../../../src/observe/dashboard/dashboard-options.js";
import { dashboardRoute } from "../../../src/observe/dashboard/dashboard-route.js";
import { EventParser } from "../../../src/observe/dashboard/event-parser.js";
import { pathOf } from "../../../src/observe/http/path.js";
import type { Route } from "../../../src/observe/http/route.js";
import type { PageFile } from "../../../src/observe/page/files.js";
import { until } from "../../support/until.js";

/** How a site differs from the default. */
export interface SiteOptions extends DashboardOptions {
  clock?: Clock;
  files?: readonly PageFile[];
  /** Whoever does not send it as bearer gets 401. */
  token?: string;
  /** The port, of one that was there before. */
  port?: number;
}

/** What was answered. */
export interface Answered {
  readonly status: number;
  readonly headers: IncomingHttpHeaders;
  readonly body: Buffer;
}

/** The dashboard's route on a server of its own, on loopback. */
export class DashboardSite implements AsyncDisposable {
  readonly route: Route;
  readonly server: Server;
  /** The `Authorization` headers that came. */
  readonly authorizations: (string | undefined)[] = [];
  private readonly open = new Set<Socket>();

  static async start(connections: readonly Connection[], options: SiteOptions = {}): Promise<DashboardSite> {
    const { clock = SYSTEM_CLOCK, files, token, port = 0, ...dashboard } = options;
    const route = dashboardRoute(connections, toDashboardSettings(dashboard), clock, files);
    const site = new DashboardSite(route, token);
    await new Promise<void>((resolve, reject) => {
      site.server.once("error", reject);
      site.server.listen(port, "127.0.0.1", resolve);
    });
    return site;
  }

  private constructor(route: Route, token: string | undefined) {
    this.route = route;
    this.server = createServer((req, res) => {
      this.authorizations.push(req.headers.authorization);
      if (token !== undefined && req.headers.authorization !== `Bearer ${token}`)
        return res.writeHead(401).end();
      const path = pathOf(req.url);
      if (path === undefined || !route.paths.includes(path)) return res.writeHead(404).end();
      const answered = route.handle(req, res, path, true);
      if (answered instanceof Promise) answered.catch(() => res.destroy());
      return undefined;
    });
    this.server.on("connection", (socket) => {
      this.open.add(socket);
      socket.on("close", () => this.open.delete(socket));
    });
  }

  get port(): number {
    return (this.server.address() as AddressInfo).port;
  }

  get url(): string {
    return `http://127.0.0.1:${this.port}`;
  }

  /** Sockets that are open. */
  get sockets(): readonly Socket[] {
    return [...this.open];
  }

  /** Asks for a path, and waits for all of the answer. */
  ask(path: string, headers: Record<string, string> = {}, method = "GET"): Promise<Answered> {
    return new Promise((resolve, reject) => {
      const asked = request(`${this.url}${path}`, { method, headers, agent: false }, (res) => {
        const parts: Buffer[] = [];
        res.on("data", (part: Buffer) => parts.push(part));
        res.on("end", () =>
          resolve({ status: res.statusCode ?? 0, headers: res.headers, body: Buffer.concat(parts) }),
        );
        res.on("error", reject);
      });
      asked.on("error", reject);
      asked.end();
    });
  }

  /** The same, of JSON. */
  async json<T>(path: string): Promise<T> {
    return JSON.parse((await this.ask(path)).body.toString()) as T;
  }

  /** Reads the stream. */
  read(query = ""): Promise<StreamReader> {
    return StreamReader.open(`${this.url}/dashboard/events${query}`);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.route.close?.();
    const closed = new Promise((resolve) => this.server.close(resolve));
    this.server.closeAllConnections();
    await closed;
  }
}

/** Reads a stream of server-sent events. */
export class StreamReader implements Disposable {
  readonly status: number;
  readonly headers: IncomingHttpHeaders;
  /** All events so far, oldest first. */
  readonly events: { event: string; data: unknown; at: number }[] = [];
  /** Everything that came, as it came. */
  raw = "";
  ended = false;
  readonly res: IncomingMessage;

  static open(url: string): Promise<StreamReader> {
    return new Promise((resolve, reject) => {
      get(url, { agent: false }, (res) => resolve(new StreamReader(res))).on("error", reject);
    });
  }

  private constructor(res: IncomingMessage) {
    this.res = res;
    this.status = res.statusCode ?? 0;
    this.headers = res.headers;
    const parser = new EventParser((event, data) =>
      this.events.push({ event, data: JSON.parse(data), at: performance.now() }),
    );
    res.on("data", (bytes: Buffer) => {
      this.raw += bytes.toString("latin1");
      parser.read(bytes);
    });
    res.on("error", () => {});
    res.on("close", () => {
      this.ended = true;
    });
  }

  /** The data of all events of this name so far. */
  of<T>(event: string): T[] {
    return this.events.filter((one) => one.event === event).map(({ data }) => data as T);
  }

  /** The first event of this name, from `from` on, that fits; waits for it. */
  async next<T>(
    event: string,
    fits: (data: T) => boolean = () => true,
    from = 0,
    timeout = 10_000,
  ): Promise<T> {
    const find = () => this.events.slice(from).find((one) => one.event === event && fits(one.data as T));
    await until(
      () => find() !== undefined,
      () => `a ${event} among ${this.events.map((one) => one.event)}`,
      timeout,
    );
    return find()!.data as T;
  }

  /** Reads no more, with the connection open. */
  pause(): void {
    this.res.pause();
    this.res.socket.pause();
  }

  /** Reads on. */
  resume(): void {
    this.res.socket.resume();
    this.res.resume();
  }

  [Symbol.dispose](): void {
    this.res.destroy();
  }
}
