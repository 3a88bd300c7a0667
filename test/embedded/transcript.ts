import { connect, type Socket } from "node:net";

/** Which connection speaks, and what it writes, piece by piece; `\r\n` as in the source. */
export type Step = readonly [who: string, ...pieces: string[]];

/** Fields of INFO that two servers of the same configuration have in common. */
const COMPARED = [
  "proto",
  "headers",
  "max_payload",
  "auth_required",
  "connect_info",
  "remote_account",
  "ldm",
];
/** Two, lest the news that follows the first PONG come behind the end. */
const FENCE = "PING\r\nPING\r\n";

/** A raw connection that notes what the server says. */
class Speaker {
  readonly #socket: Socket;
  #heard = "";
  #pings = 0;
  #closed = false;
  #wake: () => void = () => {};

  constructor(host: string, port: number) {
    this.#socket = connect({ host, port, noDelay: true });
    this.#socket.setEncoding("latin1");
    this.#socket.on("data", (text) => {
      this.#heard += text;
      this.#wake();
    });
    this.#socket.on("error", () => {});
    this.#socket.on("close", () => {
      this.#closed = true;
      this.#wake();
    });
  }

  /** Resolves when the server has greeted. */
  greeted(): Promise<void> {
    return this.#until(() => this.#heard.includes("\r\n"));
  }

  /** Resolves when the server has answered all of it, or has closed the connection. */
  async say(pieces: readonly string[]): Promise<void> {
    if (this.#closed) return;
    for (const piece of pieces) this.#pings += piece.match(/^PING/gim)?.length ?? 0;
    this.#pings += 2;
    // In one write with the last piece: what a server has not read when it closes costs the client its last words.
    const written = [...pieces.slice(0, -1), (pieces.at(-1) ?? "") + FENCE];
    for (const piece of written) {
      await new Promise((resolve) => this.#socket.write(Buffer.from(piece), resolve));
    }
    await this.#until(() => this.#heard.split("PONG\r\n").length > this.#pings);
  }

  /** Resolves with all that the server says until it closes the connection. */
  async last(text: string): Promise<string> {
    this.#socket.write(text);
    await this.#until(() => false);
    return this.transcript;
  }

  /** What was heard, with what differs between any two servers left out. */
  get transcript(): string {
    const heard = this.#heard.replace(/INFO (.*?)\r\n/g, (_, json) => `INFO ${compared(json)}\r\n`);
    return this.#closed ? `${heard}(closed)` : heard;
  }

  destroy(): void {
    this.#socket.destroy();
  }

  async #until(condition: () => boolean): Promise<void> {
    while (!this.#closed && !condition()) {
      await new Promise<void>((resolve) => {
        this.#wake = resolve;
      });
    }
  }
}

function compared(json: string): string {
  const info = JSON.parse(json) as Record<string, unknown>;
  return JSON.stringify(COMPARED.filter((name) => name in info).map((name) => [name, info[name]]));
}

/** What a server says to a client until it closes the connection, behind the client's first words. */
export async function untilClosed(
  server: { readonly host: string; readonly port: number },
  text: string,
): Promise<string> {
  const speaker = new Speaker(server.host, server.port);
  try {
    return await speaker.last(text);
  } finally {
    speaker.destroy();
  }
}

/** The frames of a transcript in alphabetical order: servers are free in the order of a client's own subscriptions. */
export function sortedFrames(transcript: string): string[] {
  return transcript.split(/(?<=\r\n)(?=H?MSG |PONG|INFO |\+OK|-ERR|\(closed)/).sort();
}

/** Plays a script to a server; resolves with what it said to each connection, by its name. */
export async function play(
  server: { readonly host: string; readonly port: number },
  script: readonly Step[],
): Promise<Record<string, string>> {
  const speakers = new Map<string, Speaker>();
  try {
    for (const [who, ...pieces] of script) {
      let speaker = speakers.get(who);
      if (speaker === undefined) {
        speaker = new Speaker(server.host, server.port);
        speakers.set(who, speaker);
        await speaker.greeted();
      }
      await speaker.say(pieces);
    }
    for (const speaker of speakers.values()) await speaker.say([]);
    return Object.fromEntries([...speakers].map(([who, speaker]) => [who, speaker.transcript]));
  } finally {
    for (const speaker of speakers.values()) speaker.destroy();
  }
}
