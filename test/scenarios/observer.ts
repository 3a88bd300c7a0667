import type { Duplex } from "node:stream";
import type { Stage, StageServer } from "./stage.js";

/** A message as it came in. */
export interface Seen {
  readonly subject: string;
  readonly reply: string;
  readonly text: string;
  /** The header block, empty without headers. */
  readonly headers: string;
}

const AGAIN_MS = 20;
let probes = 0;

/**
 * A NATS client of a few lines, which is not the one under test: it sees what servers deliver, and publishes for others.
 * It does not come back when its server dies.
 */
export class Observer {
  /** What has come in, in order. */
  readonly messages: Seen[] = [];
  /** Called for every message. */
  onMessage: (seen: Seen) => void = () => {};
  private readonly stage: Stage;
  private readonly socket: Duplex;
  private received: Buffer = Buffer.alloc(0);
  private pongs = 0;
  private pings = 0;
  private sids = 0;

  private constructor(stage: Stage, socket: Duplex) {
    this.stage = stage;
    this.socket = socket;
    socket.on("error", () => {});
    socket.on("data", (bytes: Buffer) => {
      this.received = Buffer.concat([this.received, bytes]);
      this.parse();
    });
  }

  /** Connects to a server; by default to the last one, which scenarios leave alone when there are several. */
  static async connect(stage: Stage, server: StageServer = stage.servers.at(-1)!): Promise<Observer> {
    const observer = new Observer(stage, await stage.openSocket(server));
    const { user, pass } = stage.setup;
    const options = {
      protocol: 1,
      verbose: false,
      pedantic: false,
      lang: "observer",
      version: "0",
      user,
      pass,
    };
    observer.send(`CONNECT ${JSON.stringify({ ...options, headers: true, no_responders: true })}`);
    await observer.flush();
    return observer;
  }

  /** Connects to the last server and subscribes; resolves when all servers of the stage know of it. */
  static async of(stage: Stage, subject: string, queue = ""): Promise<Observer> {
    const observer = await Observer.connect(stage);
    await observer.subscribe(subject, queue);
    return observer;
  }

  /** The payloads, as numbers. */
  get numbers(): number[] {
    return this.messages.map(({ text }) => Number(text));
  }

  /** Subscribes; resolves when what is published at any server of the stage reaches it. */
  async subscribe(subject: string, queue = ""): Promise<void> {
    this.send(`SUB ${subject} ${queue === "" ? "" : `${queue} `}${++this.sids}`);
    await this.flush();
    const probe = `there.${++probes}`;
    this.send(`SUB ${probe}.* ${++this.sids}`);
    await this.flush();
    for (const [i, server] of this.stage.servers.entries()) await this.heardAt(server, `${probe}.${i}`);
    this.send(`UNSUB ${this.sids}`);
    await this.flush();
  }

  private async heardAt(server: StageServer, probe: string): Promise<void> {
    if (server === this.stage.servers.at(-1)) return;
    const other = await Observer.connect(this.stage, server);
    const heard = () => this.messages.some(({ subject }) => subject === probe);
    while (!heard()) {
      other.publish(probe, "");
      await other.flush();
      await this.stage.sleep(AGAIN_MS);
    }
    other.end();
    for (let i = this.messages.length - 1; i >= 0; i--)
      if (this.messages[i].subject === probe) this.messages.splice(i, 1);
  }

  publish(subject: string, text: string, reply = ""): void {
    const to = reply === "" ? subject : `${subject} ${reply}`;
    this.send(`PUB ${to} ${Buffer.byteLength(text)}\r\n${text}`);
  }

  /** Resolves when the server has taken all before it. */
  async flush(): Promise<void> {
    const awaited = ++this.pings;
    this.send("PING");
    await this.stage.until(() => this.pongs >= awaited, "a PONG for an observer");
  }

  end(): void {
    this.socket.destroy();
  }

  private send(line: string): void {
    this.socket.write(`${line}\r\n`);
  }

  private parse(): void {
    for (;;) {
      const end = this.received.indexOf("\r\n");
      if (end === -1) return;
      const words = this.received.latin1Slice(0, end).split(" ");
      const size = words[0] === "MSG" || words[0] === "HMSG" ? Number(words.at(-1)) + 2 : 0;
      if (this.received.length < end + 2 + size) return;
      const content = this.received.subarray(end + 2, end + 2 + size);
      this.received = this.received.subarray(end + 2 + size);
      this.take(words, content);
    }
  }

  private take(words: string[], content: Buffer): void {
    if (words[0] === "PONG") this.pongs++;
    else if (words[0] === "PING") this.send("PONG");
    else if (words[0] === "MSG" || words[0] === "HMSG") {
      const sizes = words[0] === "MSG" ? 1 : 2;
      const head = sizes === 2 ? Number(words.at(-2)) : 0;
      const seen = {
        subject: words[1],
        reply: words.length === 3 + sizes + 1 ? words[3] : "",
        headers: content.utf8Slice(0, head),
        text: content.utf8Slice(head, content.length - 2),
      };
      this.messages.push(seen);
      this.onMessage(seen);
    }
  }
}
