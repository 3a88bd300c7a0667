import type { Clock } from "./clock.js";
import type { PeerSettings } from "./dashboard-options.js";
import { askPeer, type Ended, PATIENCE_MS } from "./peer-request.js";
import type { Series } from "./protocol.js";
import { toSeries } from "./shapes.js";

/** Bytes of an hour, at most: eight columns of 3,600 numbers. */
const LONGEST = 2 * 1024 * 1024;
/** Connections that are asked for at a time. */
const MOST_ASKED = 8;

/** The last hour of a connection of another process, or why it cannot be had. */
export type PeerHistory =
  | { readonly series: Series }
  | { readonly series?: undefined; readonly unknown: boolean; readonly reason: string };

/** Asks another process for the last hour of its connections: once for all who want to know at the same time. */
export class PeerHistories {
  private readonly peer: PeerSettings;
  private readonly clock: Clock;
  private readonly asked = new Map<string, { answer: Promise<PeerHistory>; end: (reason: string) => void }>();

  constructor(peer: PeerSettings, clock: Clock) {
    this.peer = peer;
    this.clock = clock;
  }

  ask(connection: string): Promise<PeerHistory> {
    if (!/^[\w-]{1,32}$/.test(connection)) return Promise.resolve({ unknown: true, reason: "" });
    const found = this.asked.get(connection);
    if (found !== undefined) return found.answer;
    if (this.asked.size >= MOST_ASKED) return Promise.resolve(away("it is being asked already"));
    let end = (_reason: string) => {};
    const answer = new Promise<PeerHistory>((resolve) => {
      end = this.fetch(connection, (history) => {
        this.asked.delete(connection);
        resolve(history);
      });
    });
    this.asked.set(connection, { answer, end });
    return answer;
  }

  close(): void {
    for (const { end } of [...this.asked.values()]) end("this process is shutting down");
  }

  private fetch(connection: string, settle: (history: PeerHistory) => void): (reason: string) => void {
    const parts: Buffer[] = [];
    let size = 0;
    let over = false;
    const done = (history: PeerHistory) => {
      if (over) return;
      over = true;
      cancelDeadline();
      end();
      settle(history);
    };
    const cancelDeadline = this.clock.after(2 * PATIENCE_MS, () => done(away("it takes too long")));
    const end = askPeer(this.peer, this.clock, `history?connection=${connection}`, "application/json", {
      // A 404 may also mean that it has no dashboard: then its stream says so.
      onEnd: ({ reason, status }: Ended) => done({ unknown: status === 404, reason }),
      onAnswer: (res) => {
        res.on("data", (chunk: Buffer) => {
          parts.push(chunk);
          size += chunk.length;
          if (size > LONGEST) done(away("it sends too much"));
        });
        res.on("end", () => done(seriesOf(Buffer.concat(parts), connection)));
      },
    });
    return (reason) => done(away(reason));
  }
}

function seriesOf(body: Buffer, connection: string): PeerHistory {
  try {
    return { series: { ...toSeries(JSON.parse(body.toString())), connection } };
  } catch {
    return away("it speaks another protocol");
  }
}

function away(reason: string): PeerHistory {
  return { unknown: false, reason };
}
