import type { IncomingMessage, ServerResponse } from "node:http";
import type { Connection } from "../../index.js";
import { queryOf } from "../http/path.js";
import { canAnswer, onlyReads, sendJson, sendText } from "../http/respond.js";
import type { Route } from "../http/route.js";
import { PAGE_FILES, type PageFile } from "../page/files.js";
import { MOST_READERS, sendFull, sendUnknown } from "./answers.js";
import { Assets } from "./assets.js";
import { type Clock, SYSTEM_CLOCK } from "./clock.js";
import type { DashboardSettings } from "./dashboard-options.js";
import { OwnProcess } from "./own-process.js";
import { Peer } from "./peer.js";
import type { Process } from "./process.js";

/** The page. */
const PAGE = "/dashboard";
const EVENTS = "/dashboard/events";
const HISTORY = "/dashboard/history";

/** The longest URL that is looked at: those of the page are far shorter. */
const LONGEST_URL = 1_024;

/**
 * The dashboard of `serve()`: the page and its files, the stream of events, and the last hour of each connection. Samples are taken from now on,
 * once a second, until it is closed: 102 KiB for each connection, and never more.
 *
 * @param settings of `toDashboardSettings()`
 * @param clock that of a test
 * @param files those of a test
 */
export function dashboardRoute(
  connections: readonly Connection[],
  settings: DashboardSettings,
  clock: Clock = SYSTEM_CLOCK,
  files: readonly PageFile[] = PAGE_FILES,
): Route {
  const dashboard = new Dashboard(connections, settings, clock, files);
  return {
    paths: dashboard.paths,
    handle: (req, res, path) => dashboard.handle(req, res, path),
    close: () => dashboard.close(),
  };
}

class Dashboard {
  private readonly assets: Assets;
  private readonly processes: readonly Process[];
  private closed = false;

  constructor(
    connections: readonly Connection[],
    settings: DashboardSettings,
    clock: Clock,
    files: readonly PageFile[],
  ) {
    this.assets = new Assets(files);
    const known = () => this.processes.map(({ id, name }) => ({ id, name }));
    const own = new OwnProcess("1", connections, settings, known, clock);
    const peers = settings.peers.map(
      (peer, index) => new Peer(String(index + 2), peer, settings.subjects, known, clock),
    );
    this.processes = [own, ...peers];
  }

  get paths(): readonly string[] {
    return [...this.assets.paths, EVENTS, HISTORY];
  }

  handle(req: IncomingMessage, res: ServerResponse, path: string): void | Promise<void> {
    if (!canAnswer(res) || !onlyReads(req, res)) return;
    if (this.closed) return sendJson(req, res, 503, { status: "closed" });
    const url = req.url ?? "";
    if (url.length > LONGEST_URL) return sendJson(req, res, 414, { status: "URL too long" });
    if (path === PAGE && isFolder(url)) return redirect(req, res);
    if (path !== EVENTS && path !== HISTORY) return this.assets.answer(req, res, path);
    const query = queryOf(url);
    const id = query.get("process");
    const found = id === null ? this.processes[0] : this.processes.find((one) => one.id === id);
    if (found === undefined) return sendUnknown(req, res, "process");
    if (path === HISTORY) return found.history(req, res, query.get("connection") ?? "");
    return this.stream(req, res, found);
  }

  close(): void {
    this.closed = true;
    for (const one of this.processes) one.close();
  }

  private stream(req: IncomingMessage, res: ServerResponse, from: Process): void {
    if (req.method === "HEAD") {
      return sendText(req, res, 200, "text/event-stream; charset=utf-8", "");
    }
    const readers = this.processes.reduce((sum, one) => sum + one.readers, 0);
    if (readers >= MOST_READERS) return sendFull(req, res);
    from.stream(req, res);
  }
}

/** Whether the page was asked for with a slash at the end: its addresses are relative, and would lead elsewhere. */
function isFolder(url: string): boolean {
  return url.split("?", 1)[0].endsWith("/");
}

/** Relative as well: what stands before it, a proxy may have taken away. */
function redirect(req: IncomingMessage, res: ServerResponse): void {
  sendText(req, res, 308, "text/plain; charset=utf-8", "", { Location: "../dashboard" });
}
