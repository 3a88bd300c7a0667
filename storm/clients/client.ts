import type { Random } from "../../src/testing/random.js";
import type { StormServer } from "../server.js";
import type { World } from "../world.js";

/** What all clients of a simulation have in common. */
export interface Site {
  readonly world: World;
  readonly servers: readonly StormServer[];
  readonly tls: boolean;
  readonly book: Book;
  /** Bytes that every client has to write again after an outage. */
  readonly window: number;
}

/** What happened to the clients, as they tell it. */
export interface Book {
  /** The link of client `id` is gone. */
  lost(id: number): void;
  /** It has one again. */
  back(id: number): void;
  /** An attempt ended without a link, because nobody listened, or for any other reason. */
  failed(refused: boolean): void;
  /** It has changed its server without being away. */
  moved(id: number): void;
  /** It has given up a link for which the server was too slow. */
  condemned(): void;
  /** A PING was answered after so many ms. */
  answered(ms: number): void;
  /** All that it had to write again is confirmed. */
  replayed(): void;
  /** It will not try any more. */
  gaveUp(id: number): void;
}

/** One client, which is connected at first. */
export interface Client {
  /** Connects to a server of its choice. */
  start(): void;
}

/** Makes client number `id`; `latency` in ms is what it takes to any server. */
export type MakeClient = (site: Site, id: number, random: Random, latency: number) => Client;
