import { connect, type Socket } from "node:net";
import type { Clock, Timer } from "../../io/clock.js";
import { Random } from "../random.js";
import { Channel, type ChannelOwner, resetSocket } from "./channel.js";
import { checkDirection } from "./check-toxic.js";
import { type End, type ToxicState, WINDOW } from "./stage.js";
import { DIRECTIONS, type Direction } from "./toxics.js";

/** How long a link that was closed waits for the other ends to close as well, in ms. */
const LINGER_MS = 1_000;
/** Streams of luck of a link: one for each toxic and direction, and one for whether a toxic acts at all. */
const STREAMS = { chosen: 0, upstream: 1, downstream: 2 };

/** How a link ended, and who began it. */
export interface LinkEnd {
  /** `proxy`: a toxic, or a call. */
  readonly by: "client" | "server" | "proxy";
  /** `refused`: nobody could be reached at the target. */
  readonly how: End | "refused";
}

/** One client of a `FaultProxy`, and its way to the server. */
export interface ProxyLink {
  /** 1 for the first link of the proxy. */
  readonly number: number;
  /** Bytes that the client has sent so far, as far as they were read. */
  readonly bytesFromClient: number;
  /** Bytes that the server has sent so far, as far as they were read. */
  readonly bytesFromServer: number;
  /** Bytes that were passed on to the server. */
  readonly bytesUp: number;
  /** Bytes that were passed on to the client. */
  readonly bytesDown: number;
  /** Monotonic ms (`performance.now()`). */
  readonly openedAt: number;
  /** Monotonic ms at which the last of its sockets was closed; undefined while there is one. */
  readonly closedAt: number | undefined;
  /** The first end that was seen, of either side; undefined as long as there is none. */
  readonly ended: LinkEnd | undefined;
  /**
   * RST to both sides now; with a direction only to the server (`upstream`) or the client (`downstream`): the other side is
   * not told.
   *
   * @throws FaultProxyError `INVALID_OPTION` for what is no direction
   */
  reset(direction?: Direction): void;
  /**
   * FIN in this direction now, while the other one goes on. Default `upstream`: the server sees the client end.
   *
   * @throws FaultProxyError `INVALID_OPTION` for what is no direction
   */
  halfClose(direction?: Direction): void;
  /** FIN to both sides now; what is not closed from there within a second is cut off. */
  close(): void;
}

/** What a link needs of its proxy. */
export interface LinkOwner {
  readonly clock: Clock;
  readonly seed: number;
  readonly followsFrames: boolean;
  readonly toxics: readonly ToxicState[];
  /** Its sockets are closed. */
  linkGone(link: Link): void;
}

/** A link as the proxy has it: two sockets, and a channel with toxics for each direction. */
export class Link implements ProxyLink {
  readonly number: number;
  readonly openedAt: number;
  closedAt: number | undefined;
  ended: LinkEnd | undefined;
  private readonly owner: LinkOwner;
  private readonly client: Socket;
  private readonly server: Socket;
  private readonly channels: Readonly<Record<Direction, Channel>>;
  private linger: Timer | undefined;

  constructor(owner: LinkOwner, number: number, client: Socket, target: { host: string; port: number }) {
    this.owner = owner;
    this.number = number;
    this.openedAt = owner.clock.now();
    this.client = client;
    const options = { ...target, noDelay: true, allowHalfOpen: true, highWaterMark: WINDOW };
    this.server = connect(options);
    this.channels = {
      upstream: new Channel(client, this.server, owner.followsFrames, this.part("upstream")),
      downstream: new Channel(this.server, client, owner.followsFrames, this.part("downstream")),
    };
    this.watch("client", client, this.channels.upstream);
    this.watch("server", this.server, this.channels.downstream);
    this.applyToxics();
  }

  get bytesFromClient(): number {
    return this.channels.upstream.read;
  }
  get bytesFromServer(): number {
    return this.channels.downstream.read;
  }
  get bytesUp(): number {
    return this.channels.upstream.written;
  }
  get bytesDown(): number {
    return this.channels.downstream.written;
  }

  /** Has the proxy's toxics act as they are now. */
  applyToxics(): void {
    for (const direction of DIRECTIONS) {
      const toxics = this.owner.toxics.filter(
        ({ info }) => info.stream === "both" || info.stream === direction,
      );
      this.channels[direction].apply(toxics.filter((toxic) => this.draw(toxic) < toxic.info.toxicity));
    }
  }

  updated(toxic: ToxicState): void {
    this.channels.upstream.updated(toxic);
    this.channels.downstream.updated(toxic);
  }

  reset(direction?: Direction): void {
    checkDirection(direction);
    this.endBy("proxy", "rst");
    if (direction !== "downstream") this.endSocket(this.server, this.channels.upstream);
    if (direction !== "upstream") this.endSocket(this.client, this.channels.downstream);
  }

  halfClose(direction: Direction = "upstream"): void {
    checkDirection(direction);
    this.endBy("proxy", "fin");
    (direction === "upstream" ? this.server : this.client).end();
  }

  close(): void {
    if (this.closedAt !== undefined || this.linger !== undefined) return;
    this.halfClose("upstream");
    this.halfClose("downstream");
    this.channels.upstream.shutDown();
    this.channels.downstream.shutDown();
    this.linger = this.owner.clock.setTimeout(() => this.destroy(), LINGER_MS);
  }

  /** Closes its sockets without ceremony. */
  destroy(): void {
    this.endBy("proxy", "fin");
    this.client.destroy();
    this.server.destroy();
    this.channels.upstream.shutDown();
    this.channels.downstream.shutDown();
  }

  private endSocket(to: Socket, channel: Channel): void {
    channel.shutDown();
    resetSocket(to);
  }

  private part(direction: Direction): ChannelOwner {
    return {
      clock: this.owner.clock,
      random: (toxic) => this.random(toxic, STREAMS[direction]),
      reset: () => this.reset(),
      close: () => this.close(),
    };
  }

  private random(toxic: ToxicState, stream: number): Random {
    return new Random(this.owner.seed)
      .fork(this.number)
      .fork(toxic.number + 1)
      .fork(stream);
  }

  /** Whether a toxic acts on this link depends on this number alone; it is the same whenever it is asked for. */
  private draw(toxic: ToxicState): number {
    return this.random(toxic, STREAMS.chosen).float();
  }

  private watch(side: "client" | "server", socket: Socket, channel: Channel): void {
    let connected = side === "client";
    socket.unref();
    if (!connected) {
      socket.once("connect", () => {
        connected = true;
      });
    }
    socket.on("end", () => {
      this.endBy(side, "fin");
      this.settle();
    });
    socket.on("error", () => {
      this.endBy(side, connected ? "rst" : "refused");
      if (connected) channel.end("rst");
      // As toxiproxy does: the client's link ends in order, since it never led anywhere.
      else this.destroy();
    });
    socket.on("close", () => this.settle());
  }

  private endBy(by: LinkEnd["by"], how: LinkEnd["how"]): void {
    this.ended ??= { by, how };
  }

  private settle(): void {
    const { client, server } = this;
    const { upstream, downstream } = this.channels;
    // Whoever has ended and will hear no more of the other side has nothing to wait for.
    if (client.destroyed && upstream.isSilent && server.readableEnded) server.destroy();
    if (server.destroyed && downstream.isSilent && client.readableEnded) client.destroy();
    if (!client.destroyed || !server.destroyed || this.closedAt !== undefined) return;
    this.closedAt = this.owner.clock.now();
    this.owner.clock.clearTimeout(this.linger);
    this.channels.upstream.shutDown();
    this.channels.downstream.shutDown();
    this.owner.linkGone(this);
  }
}
