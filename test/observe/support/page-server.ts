import { readFileSync } from "node:fs";
import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import type {
  Away,
  ConnectionView,
  Hello,
  LogView,
  Sample,
  Series,
} from "../../../src/observe/dashboard/protocol.js";
import { PAGE_FILES, PAGE_POLICY } from "../../../src/observe/page/files.js";
import { buildPage } from "./page-build.js";

/** What is told on the stream, by the name of its event. */
export interface Told {
  readonly hello: Hello;
  readonly connection: ConnectionView;
  readonly sample: Sample;
  readonly log: { readonly connection: string; readonly entry: LogView };
  readonly away: Away;
}

/**
 * The server's side of the dashboard for tests of the page: on loopback, and it tells what a test makes up, true or not.
 */
export class PageServer implements AsyncDisposable {
  /** Said first on each stream; for a process by its id, `""` for none. Undefined: it says nothing. */
  hello: (process: string) => Hello | undefined = () => undefined;
  /** The history of a connection; undefined: 404. */
  history: (connection: string, process: string) => Series | undefined = () => undefined;
  /** Streams are answered with this status instead; undefined: with a stream. */
  refuse: number | undefined;
  /** Paths with queries that were asked for, oldest first. */
  readonly asked: string[] = [];
  private readonly prefix: string;
  private readonly server: Server;
  private readonly streams = new Map<ServerResponse, string>();
  private readonly files: ReadonlyMap<string, { type: string; body: Buffer }>;

  /** @param prefix where it is mounted: `""` or such as `/ops` */
  static async start(prefix = ""): Promise<PageServer> {
    await buildPage();
    const made = new PageServer(prefix);
    await new Promise<void>((resolve) => made.server.listen(0, "127.0.0.1", resolve));
    return made;
  }

  private constructor(prefix: string) {
    this.prefix = prefix;
    this.files = new Map(
      PAGE_FILES.map(({ path, type, file }) => [`${prefix}/${path}`, { type, body: readFileSync(file) }]),
    );
    this.server = createServer((req, res) => this.answer(req, res));
  }

  /** The address of the page. */
  get url(): string {
    return `http://127.0.0.1:${(this.server.address() as AddressInfo).port}${this.prefix}/dashboard`;
  }

  /** Pages that listen. */
  get listeners(): number {
    return this.streams.size;
  }

  /** Tells all who look at `process`; default: at the one that serves the page. */
  tell<K extends keyof Told>(event: K, data: Told[K], process = ""): void {
    for (const [res, looked] of this.streams) if (looked === process) write(res, event, data);
  }

  /** Ends all streams; pages come back. */
  drop(): void {
    for (const res of this.streams.keys()) res.destroy();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    const closed = new Promise((resolve) => this.server.close(resolve));
    this.server.closeAllConnections();
    await closed;
  }

  private answer(req: IncomingMessage, res: ServerResponse): void {
    this.asked.push(req.url ?? "");
    const { pathname, searchParams } = new URL(req.url ?? "", "http://localhost");
    const process = searchParams.get("process") ?? "";
    res.setHeader("Content-Security-Policy", PAGE_POLICY);
    res.setHeader("Cache-Control", "no-store");
    const file = this.files.get(pathname);
    if (file !== undefined) res.writeHead(200, { "Content-Type": file.type }).end(file.body);
    else if (pathname === `${this.prefix}/dashboard/events`) this.stream(res, process);
    else if (pathname === `${this.prefix}/dashboard/history`) {
      const series = this.history(searchParams.get("connection") ?? "", process);
      res.writeHead(series === undefined ? 404 : 200, { "Content-Type": "application/json" });
      res.end(JSON.stringify(series ?? {}));
    } else res.writeHead(404).end();
  }

  private stream(res: ServerResponse, process: string): void {
    if (this.refuse !== undefined) {
      res.writeHead(this.refuse).end();
      return;
    }
    res.writeHead(200, { "Content-Type": "text/event-stream" });
    res.write("retry: 300\n\n");
    this.streams.set(res, process);
    res.on("close", () => this.streams.delete(res));
    const hello = this.hello(process);
    if (hello !== undefined) write(res, "hello", hello);
  }
}

function write(res: ServerResponse, event: string, data: unknown): void {
  res.write(`event: ${event}\ndata: ${JSON.stringify(data)}\n\n`);
}
