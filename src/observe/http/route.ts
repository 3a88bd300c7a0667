import type { IncomingMessage, ServerResponse } from "node:http";

/** A part of what {@link serve} answers. */
export interface Route {
  /** The paths that it answers, exactly: no trailing slash, no query, nothing decoded. */
  readonly paths: readonly string[];
  /**
   * Those of its paths that are answered without the token as well, with `trusted` false: to them nothing but a status may be
   * told. Default: none.
   */
  readonly open?: readonly string[];
  /**
   * Answers a GET or HEAD; what it throws, or rejects with, becomes a 500. The server has checked Host, Origin and token, and has set
   * the headers that hold for every answer. A stream has to write something every 30 s: a connection on which nothing moves for
   * two minutes is ended.
   *
   * @param path the one of {@link paths}
   * @param trusted whether the token was given, or there is none
   */
  handle(req: IncomingMessage, res: ServerResponse, path: string, trusted: boolean): void | Promise<void>;
  /** The server is closed: ends streams and timers. */
  close?(): void;
}
