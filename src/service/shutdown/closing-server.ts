import type { IncomingMessage, ServerResponse } from "node:http";
import { Server, type Socket } from "node:net";
import type { Closable } from "./options.js";
import type { ServerLeft } from "./report.js";

/** ms after which it is looked again for connections that have become idle. */
const LOOK_AGAIN = 100;

/** A server as Node has it: `closeIdleConnections()` and `closeAllConnections()` are those of HTTP/1. */
type NodeServer = Server & { closeIdleConnections?(): void; closeAllConnections?(): void };

/** What is used of a session of HTTP/2. */
interface Session {
  close(): void;
  destroy(): void;
  once(event: "close", listener: () => void): unknown;
}

/** A server that is to be closed in order: it knows what is open on it from the moment on in which it was made. */
export class ClosingServer {
  readonly #name: string;
  readonly #given: Closable;
  readonly #server: NodeServer | undefined;
  readonly #sockets = new Set<Socket>();
  readonly #sessions = new Set<Session>();
  readonly #running = new Set<ServerResponse>();
  #connections: number | undefined;
  #isClosing = false;
  #isClosed = false;
  #left: Pick<ServerLeft, "connections" | "requests"> | undefined;
  #looking: NodeJS.Timeout | undefined;

  constructor(given: Closable, name: string) {
    this.#given = given;
    this.#name = name;
    this.#server = serverOf(given);
    this.#server?.on("connection", this.#onConnection);
    this.#server?.on("session", this.#onSession);
    // Before the application's own, which may have answered when it returns.
    this.#server?.prependListener("request", this.#onRequest);
  }

  /** Looks no more at what is opened on it. */
  forget(): void {
    this.#server?.off("connection", this.#onConnection);
    this.#server?.off("session", this.#onSession);
    this.#server?.off("request", this.#onRequest);
  }

  /** Takes nothing new; settles when what was under way has ended. Rejects with what went wrong. */
  async close(): Promise<void> {
    this.#isClosing = true;
    for (const response of this.#running) askToClose(response);
    const closed = callClose(this.#given, this.#given === this.#server);
    for (const session of this.#sessions) session.close();
    this.#look();
    this.#looking = setInterval(() => this.#look(), LOOK_AGAIN);
    try {
      await closed;
      this.#isClosed = true;
    } finally {
      clearInterval(this.#looking);
    }
  }

  /** Cuts off what is open; then {@link close} settles as well. */
  cut(): void {
    this.#left ??= this.#now();
    clearInterval(this.#looking);
    this.#server?.closeAllConnections?.();
    for (const session of this.#sessions) session.destroy();
    for (const socket of this.#sockets) socket.destroy();
  }

  report(): ServerLeft {
    const left = this.#left ?? this.#now();
    return { name: this.#name, closed: this.#isClosed && this.#left === undefined, ...left };
  }

  #now(): Pick<ServerLeft, "connections" | "requests"> {
    if (this.#isClosed) return { connections: 0, requests: 0 };
    return { connections: this.#connections ?? this.#sockets.size, requests: this.#running.size };
  }

  /** A connection becomes idle when its answer is sent, and whoever is at the other end may keep it. */
  #look(): void {
    this.#server?.closeIdleConnections?.();
    this.#server?.getConnections((_error, count) => {
      this.#connections = count;
    });
  }

  readonly #onConnection = (socket: Socket): void => {
    this.#sockets.add(socket);
    socket.once("close", () => this.#sockets.delete(socket));
  };

  readonly #onSession = (session: Session): void => {
    this.#sessions.add(session);
    session.once("close", () => this.#sessions.delete(session));
    if (this.#isClosing) session.close();
  };

  readonly #onRequest = (_request: IncomingMessage, response: ServerResponse): void => {
    this.#running.add(response);
    response.once("close", () => this.#running.delete(response));
    if (this.#isClosing) askToClose(response);
  };
}

/** The server itself, or that of an application of Fastify or Nest. */
function serverOf(given: Closable): NodeServer | undefined {
  const { server, getHttpServer } = given as { server?: unknown; getHttpServer?: unknown };
  const found = [given, server, typeof getHttpServer === "function" && getHttpServer.call(given)];
  return found.find((one) => one instanceof Server);
}

/** Tells the client that this answer is the last one on its connection: a request that it sends as we close it would fail. */
function askToClose(response: ServerResponse): void {
  if (response.headersSent || "stream" in response) return;
  try {
    response.setHeader("Connection", "close");
  } catch {
    // It is sent in this very moment.
  }
}

/** Closes it by callback, or by promise, whichever it has. */
function callClose(given: Closable, isNodeServer: boolean): Promise<void> {
  return new Promise((resolve, reject) => {
    const settle = (error?: unknown): void => {
      // Somebody has closed it before, and now it is closed.
      const isOver = (error as { code?: unknown } | null | undefined)?.code === "ERR_SERVER_NOT_RUNNING";
      if (error === undefined || error === null || isOver) resolve();
      else reject(error);
    };
    const returned = given.close(settle);
    if (isThenable(returned)) returned.then(() => resolve(), settle);
    // It does not know of callbacks.
    else if (!isNodeServer && given.close.length === 0) resolve();
  });
}

function isThenable(value: unknown): value is PromiseLike<unknown> {
  return typeof (value as { then?: unknown } | null | undefined)?.then === "function";
}
