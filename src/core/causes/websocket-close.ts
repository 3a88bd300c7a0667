/** What the codes of RFC 6455 mean that a server, or a gateway before it, closes a websocket with. */
const MEANINGS: Readonly<Record<number, string>> = {
  1001: "going away",
  1002: "protocol error",
  1003: "unsupported data",
  1007: "invalid data",
  1008: "policy violation",
  1009: "message too big",
  1010: "extension missing",
  1011: "internal error",
  1012: "service restart",
  1013: "try again later",
  1014: "bad gateway",
};

/** The code of who has got a message that is larger than it takes. */
export const TOO_BIG = 1009;

/** The other side has closed a websocket, and has said why; the cause of the error that is told. */
export class WebSocketClosed extends Error {
  readonly closeCode: number;

  constructor(closeCode: number) {
    super(`the websocket was closed with code ${closeCode}`);
    this.name = "WebSocketClosed";
    this.closeCode = closeCode;
  }

  /** For people: the code, and what it means. */
  get words(): string {
    const { closeCode } = this;
    return Object.hasOwn(MEANINGS, closeCode) ? `${closeCode} (${MEANINGS[closeCode]})` : `${closeCode}`;
  }
}

/** 1000 and 1005 say nothing, 1006 is that there was no code. */
const SILENT: ReadonlySet<number> = new Set([1000, 1005, 1006]);

/** What a code tells of an end; undefined for one that tells nothing. */
export function webSocketClosed(closeCode: number | undefined): WebSocketClosed | undefined {
  return closeCode === undefined || SILENT.has(closeCode) ? undefined : new WebSocketClosed(closeCode);
}
