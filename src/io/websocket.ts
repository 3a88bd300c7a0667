import type { Socket } from "node:net";
import { Duplex } from "node:stream";
import { type ClientOptions, WebSocket } from "ws";
import { MAX_INBOUND_PAYLOAD } from "../wire/limits.js";
import { systemClock } from "./clock.js";
import { hearLastWords } from "./last-words.js";
import { resetSocket } from "./reset.js";
import { tlsError } from "./tls.js";
import { refused, webSocketError } from "./websocket-errors.js";
import { gather, maskedFrame, reuse } from "./websocket-frame.js";

/** How the upgrade to a websocket is asked for. */
export interface WebSocketRequest {
  readonly url: URL;
  /** Headers besides those of the websocket itself. */
  readonly headers: Readonly<Record<string, string>>;
  /** Offer `permessage-deflate`; used when the server has it. */
  readonly compression: boolean;
}

/**
 * Largest frame that is taken, bytes. A server may put all that waits for us into one: `max_pending`, which is at least the
 * largest message, and the message that went over it.
 */
const MAX_FRAME = 2 * MAX_INBOUND_PAYLOAD;

/** Tells that bytes come in although there is nothing to read yet. */
const NOTHING = Buffer.alloc(0);

type Done = (error?: Error | null) => void;

/**
 * A websocket that looks like a socket: what is written goes out in binary frames, and what comes in frames is read as a
 * stream. The event `connect` tells that the server has agreed to the upgrade.
 */
export class WebSocketStream extends Duplex {
  /** The TCP socket underneath. */
  private readonly tcp: Socket;
  /** There is TLS underneath. */
  readonly encrypted: boolean;
  /** What carries the websocket: the socket, or the TLS upon it. */
  private readonly carrier: Socket;
  private readonly websocket: WebSocket;
  /** What has gone wrong underneath. */
  private failure: Error | undefined;
  /** Why a write has failed, while the rest is read. */
  private held: Error | undefined;
  /** Ends the write that the carrier has not taken yet. */
  private endWrite: Done = () => {};
  private resetting = false;
  /** Frames have ended in what the carrier delivers just now. */
  private framesEnded = false;

  /**
   * @param tcp may be connecting
   * @param carrier the same, or the TLS upon it
   */
  constructor(tcp: Socket, carrier: Socket, request: WebSocketRequest) {
    super();
    this.tcp = tcp;
    this.carrier = carrier;
    // A user's dialer may have made the carrier, with TLS of its own.
    this.encrypted = tcp !== carrier || (carrier as { encrypted?: boolean }).encrypted === true;
    this.watch();
    this.websocket = new WebSocket(request.url, clientOptions(carrier, request));
    this.listen();
  }

  /** The websocket library keeps to itself what becomes of its socket. */
  private watch(): void {
    const { tcp, carrier } = this;
    let secure = tcp === carrier;
    carrier.once("secureConnect", () => {
      secure = true;
    });
    tcp.on("error", () => {});
    carrier.on("error", (error) => {
      this.failure ??= secure || tcp.connecting || tcp.errored !== null ? error : tlsError(error);
    });
    const writeFailed = (error: Error) => {
      if ((error as NodeJS.ErrnoException).code !== "EPIPE") this.held ??= error;
      this.endWrite(error);
    };
    for (const stream of new Set([tcp, carrier])) {
      hearLastWords(stream, { socket: tcp, clock: systemClock, writeFailed });
    }
  }

  private listen(): void {
    const { websocket, carrier } = this;
    const ended = () => {
      this.framesEnded = true;
    };
    websocket.on("open", () => {
      // Called behind the websocket's own listener, which reads the frames.
      carrier.on("data", () => this.wasRead());
      this.emit("connect");
    });
    websocket.on("message", (data: Buffer) => {
      this.framesEnded = true;
      if (!this.destroyed) this.push(data);
    });
    // Anyone on the way sends these, whether the server lives or not.
    websocket.on("ping", ended);
    websocket.on("pong", ended);
    websocket.on("unexpected-response", (_, { statusCode = 0, headers }) =>
      this.destroy(refused(statusCode, headers["retry-after"])),
    );
    websocket.on("error", (error) => this.destroy(webSocketError(this.failure ?? error)));
    websocket.on("close", (code) => {
      this.closeCode ??= code;
      const error = this.failure ?? this.held;
      if (error === undefined) this.push(null);
      else this.destroy(error);
    });
  }

  /** What the carrier has delivered has been read. */
  private wasRead(): void {
    // A websocket that is being closed is half closed, and dead, as a socket is then. Its library has sent the answer, and
    // would now let the rest go out.
    if (this.websocket.readyState !== WebSocket.OPEN) this.resetAndDestroy();
    // A large frame that takes long to come in is no silence.
    else if (!this.framesEnded && !this.destroyed) this.emit("data", NOTHING);
    this.framesEnded = false;
  }

  /** The code that it was closed with, once it is. */
  closeCode: number | undefined;

  /** `"opening"` until the server has agreed to the upgrade. */
  get readyState(): "opening" | "open" | "closed" {
    const { readyState } = this.websocket;
    if (readyState === WebSocket.CONNECTING) return "opening";
    return readyState === WebSocket.OPEN ? "open" : "closed";
  }

  // What the system knows of the bytes underneath is found by these, see send-queue.ts: frames and TLS are counted in.

  get _handle(): unknown {
    return (this.tcp as { _handle?: unknown })._handle;
  }

  get localPort(): number | undefined {
    return this.tcp.localPort;
  }

  get remotePort(): number | undefined {
    return this.tcp.remotePort;
  }

  get remoteAddress(): string | undefined {
    return this.tcp.remoteAddress;
  }

  get remoteFamily(): string | undefined {
    return this.tcp.remoteFamily;
  }

  override _read(): void {}

  override _write(bytes: Uint8Array, _encoding: BufferEncoding, done: Done): void {
    this.send([bytes], done);
  }

  override _writev(writes: { chunk: Uint8Array }[], done: Done): void {
    this.send(
      writes.map(({ chunk }) => chunk),
      done,
    );
  }

  /** Pieces that are small go out in one frame. */
  private send(pieces: readonly Uint8Array[], done: Done): void {
    const { websocket, carrier } = this;
    if (websocket.readyState !== WebSocket.OPEN) return done(gone());
    let ended = false;
    const end: Done = (error) => {
      if (ended) return;
      ended = true;
      // Node says of a write that was cut off that it has ended well.
      done(error ?? (carrier.destroyed ? gone() : null));
    };
    this.endWrite = end;
    if (websocket.extensions === "") this.writeFrames(pieces, end);
    else websocket.send(pieces.length === 1 ? pieces[0] : Buffer.concat(pieces), end);
    // What the kernel has taken at once has ended at once, as a write of a socket has: else it would look like a full one.
    if (websocket.bufferedAmount === 0 && carrier.errored === null) end();
  }

  private writeFrames(pieces: readonly Uint8Array[], end: Done): void {
    const { carrier } = this;
    for (let from = 0; from < pieces.length; ) {
      const to = gather(pieces, from);
      const frame = maskedFrame(pieces.slice(from, to));
      let inUse = true;
      const taken = () => {
        if (inUse) reuse(frame);
        inUse = false;
      };
      carrier.write(frame, (error) => {
        if (!error && !carrier.destroyed) taken();
        if (to === pieces.length) end(error);
      });
      if (carrier.writableLength === 0 && carrier.errored === null) taken();
      from = to;
    }
  }

  /** Ends it so that what the kernel still holds is not delivered. */
  resetAndDestroy(): this {
    this.resetting = true;
    return this.destroy();
  }

  override _destroy(error: Error | null, done: Done): void {
    const { tcp, carrier, websocket } = this;
    if (carrier.closed) done(error);
    else carrier.once("close", () => done(error));
    const reset = this.resetting || error !== null;
    // Node never closes a socket that is reset after it was ended.
    if (reset && !tcp.connecting && !tcp.writableEnded) resetSocket(tcp);
    else if (websocket.readyState === WebSocket.OPEN) websocket.close(1000);
    carrier.destroy();
    tcp.destroy();
  }
}

/** Nothing can be written any more; why, the read side tells. */
function gone(): Error {
  return Object.assign(new Error("the websocket is closed"), { code: "EPIPE" });
}

function clientOptions(carrier: Socket, { headers, compression }: WebSocketRequest): ClientOptions {
  return {
    createConnection: () => carrier,
    headers,
    maxPayload: MAX_FRAME,
    // What nats-server does and wants: each message compressed by itself.
    perMessageDeflate: compression && { serverNoContextTakeover: true, clientNoContextTakeover: true },
  } as ClientOptions;
}
