import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import { type AddressInfo, isIPv6 } from "node:net";
import { invalidOption } from "../../checks/invalid.js";
import { Access } from "./access.js";
import { HostCheck } from "./host-check.js";
import { pathOf, queryOf } from "./path.js";
import { onlyReads, sendFailure, sendJson, sendText } from "./respond.js";
import type { Route } from "./route.js";

/** Where a server listens, and who may ask it. */
export interface ServerSettings {
  readonly port: number;
  readonly host: string;
  readonly token: string | undefined;
  readonly allowedHosts: readonly string[];
}

/** The page that a browser opens: there, and only there, the token may stand in the URL. */
export const PAGE = "/dashboard";

/** What clients may take of a server. */
export interface Limits {
  /** Connections at a time; more are closed at once. */
  readonly connections: number;
  /** Bytes of the headers of a request; for longer ones there is 431. */
  readonly headersSize: number;
  /** ms for the headers of a request, and for the whole of it; then there is 408. */
  readonly headers: number;
  readonly request: number;
  /** ms that a connection is kept for the next request. */
  readonly keepAlive: number;
  /** ms without a byte in either direction: the reader is gone, or does not read. */
  readonly idle: number;
}

const LIMITS: Limits = {
  connections: 256,
  headersSize: 8 * 1024,
  headers: 5_000,
  request: 10_000,
  keepAlive: 5_000,
  idle: 120_000,
};

/** What an address stands for that means all of them: one by which this machine reaches itself. */
const ANY: Readonly<Record<string, string>> = { "0.0.0.0": "127.0.0.1", "::": "::1" };

/** An HTTP server for routes: see {@link Route}. It does not keep the process alive, nor do its connections. */
export class RouteServer {
  readonly #server: Server;
  readonly #routes: ReadonlyMap<string, Route>;
  readonly #access: Access;
  readonly #hosts: HostCheck;
  readonly #host: string;
  #closing: Promise<void> | undefined;

  /**
   * Listens.
   *
   * @throws an error with code `INVALID_OPTION` that names `port` or `host`: it is in use, not allowed, or not of this machine
   */
  static async listen(
    routes: readonly Route[],
    settings: ServerSettings,
    limits: Limits = LIMITS,
  ): Promise<RouteServer> {
    const made = new RouteServer(routes, settings, limits);
    const { port, host } = settings;
    await new Promise<void>((resolve, reject) => {
      const refused = (error: NodeJS.ErrnoException) => {
        made.#closeRoutes();
        reject(cannotListen(error, port, host));
      };
      made.#server.once("error", refused);
      // A port that is shared with other processes of a cluster would answer for one of them by chance.
      made.#server.listen({ port, host, exclusive: true }, () => {
        made.#server.off("error", refused);
        resolve();
      });
    });
    // What is observed keeps the process alive, not the observer. Only now: nothing else may be there to wait for the port.
    made.#server.unref();
    made.#server.on("error", () => {});
    return made;
  }

  private constructor(
    routes: readonly Route[],
    { host, token, allowedHosts }: ServerSettings,
    { connections, headersSize, headers, request, keepAlive, idle }: Limits,
  ) {
    this.#host = host;
    this.#routes = new Map(routes.flatMap((route) => route.paths.map((path) => [path, route] as const)));
    this.#access = new Access(token);
    this.#hosts = new HostCheck(host, allowedHosts);
    const limits = {
      maxHeaderSize: headersSize,
      headersTimeout: headers,
      requestTimeout: request,
      keepAliveTimeout: keepAlive,
      // Node looks at the two times before only so often; its default is 30 s.
      connectionsCheckingInterval: Math.min(1_000, headers),
      insecureHTTPParser: false,
    };
    this.#server = createServer(limits, (req, res) => this.#answer(req, res));
    this.#server.maxConnections = connections;
    this.#server.timeout = idle;
    this.#server.on("connection", (socket) => socket.unref());
  }

  get port(): number {
    return (this.#server.address() as AddressInfo | null)?.port ?? 0;
  }

  /** Where it is reached from this machine. */
  url(port: number): string {
    const host = ANY[this.#host] ?? this.#host;
    return `http://${isIPv6(host) ? `[${host}]` : host}:${port}`;
  }

  /** Ends everything at once, answers that are under way and streams as well. */
  close(): Promise<void> {
    this.#closing ??= new Promise((resolve) => {
      this.#closeRoutes();
      this.#server.close(() => resolve());
      this.#server.closeAllConnections();
    });
    return this.#closing;
  }

  #closeRoutes(): void {
    for (const route of new Set(this.#routes.values())) attempt(() => route.close?.());
  }

  #answer(req: IncomingMessage, res: ServerResponse): void {
    // A reader that is gone in the middle of an answer harms nobody.
    res.on("error", () => {});
    try {
      res.setHeader("X-Content-Type-Options", "nosniff");
      res.setHeader("Cross-Origin-Resource-Policy", "same-origin");
      res.setHeader("Referrer-Policy", "no-referrer");
      this.#route(req, res);
    } catch {
      fail(req, res);
    }
  }

  #route(req: IncomingMessage, res: ServerResponse): void {
    const reason = this.#hosts.refusal(req);
    if (reason !== undefined) return sendJson(req, res, 403, { status: "forbidden", reason });
    if (!onlyReads(req, res)) return;
    const path = pathOf(req.url);
    const route = path === undefined ? undefined : this.#routes.get(path);
    if (path === PAGE && route !== undefined && this.#login(req, res)) return;
    const trusted = this.#access.trusts(req);
    if (!trusted && !(path !== undefined && route?.open?.includes(path))) return refuse(req, res);
    if (path === undefined || route === undefined) return sendJson(req, res, 404, { status: "not found" });
    const answered = route.handle(req, res, path, trusted);
    if (answered instanceof Promise) answered.catch(() => fail(req, res));
  }

  /** A token in the page's URL is taken out of sight: the browser gets a cookie for it. Whether that was the answer. */
  #login(req: IncomingMessage, res: ServerResponse): boolean {
    const [token] = queryOf(req.url ?? "").getAll("token");
    // Where + stands for a space: no token has one.
    if (token === undefined || !this.#access.isToken(token.replaceAll(" ", "+"))) return false;
    sendText(req, res, 303, "text/plain; charset=utf-8", "", {
      // Relative: what stands before it, a proxy may have taken away.
      Location: isFolder(req.url ?? "") ? `..${PAGE}` : PAGE.slice(1),
      "Set-Cookie": this.#access.cookie,
    });
    return true;
  }
}

/** Whether there is a slash at the end of the path. */
function isFolder(url: string): boolean {
  return url.split("?", 1)[0].endsWith("/");
}

function refuse(req: IncomingMessage, res: ServerResponse): void {
  const reason = `the token is missing or wrong: send "Authorization: Bearer TOKEN", or open ${PAGE}?token=TOKEN in a browser`;
  sendJson(
    req,
    res,
    401,
    { status: "unauthorized", reason },
    { "WWW-Authenticate": 'Bearer realm="holdfast"' },
  );
}

/** A route has failed. What was begun cannot be mended: the client sees that it ends. */
function fail(req: IncomingMessage, res: ServerResponse): void {
  if (res.writableEnded) return;
  if (res.headersSent) res.destroy();
  else attempt(() => sendFailure(req, res, "it could not be answered"));
}

function attempt(action: () => void): void {
  try {
    action();
  } catch {
    // The others go on.
  }
}

function cannotListen(error: NodeJS.ErrnoException, port: number, host: string): Error {
  const { code } = error;
  if (code === "EADDRINUSE")
    return invalidOption(
      "port",
      `${port} is in use on ${host}: give another one, or 0 for any that is free`,
      error,
    );
  if (code === "EACCES")
    return invalidOption("port", `${port} is not open to this user: give one from 1024 on`, error);
  return invalidOption("host", `cannot be listened on: ${host} (${code ?? error.message})`, error);
}
