import type { EngineEvent } from "../../core/events.js";
import type { Client } from "./client.js";

/** Events behind which another link is in use, or none. */
const CHANGES: ReadonlySet<EngineEvent["type"]> = new Set(["connect", "reconnect", "disconnect", "move"]);

/** The links that have carried the window, in their order, and which of them was in use when something was told. */
export class LinkTurns {
  private readonly client: Client;
  /** By the order in which they got the window, or began to stand beside the one that has it; an earlier dial may get it later. */
  private readonly turns = new Map<number, number>();
  /** Those that were in use when the engine emitted what is not told yet. */
  private readonly inUse: number[] = [];
  /** The link that carries the window, or did last. */
  last = 0;

  constructor(client: Client) {
    this.client = client;
  }

  get count(): number {
    return this.turns.size;
  }

  /** Whether a link has had its turn. */
  has(epoch: number): boolean {
    return this.turns.has(epoch);
  }

  /** As what number a link got its turn. */
  of(epoch: number): number {
    return this.turns.get(epoch)!;
  }

  /** A link gets its turn; returns whether it had it already. */
  take(epoch: number): boolean {
    if (this.turns.has(epoch)) return true;
    this.turns.set(epoch, this.turns.size + 1);
    return false;
  }

  /** The engine emits an event. */
  emitted(event: EngineEvent): void {
    if (CHANGES.has(event.type)) this.inUse.push(this.client.activeEpoch);
  }

  /** The application hears of an event: tells the rules of deliveries which link it relies on. */
  see(event: EngineEvent): void {
    if (!CHANGES.has(event.type)) return;
    const { delivery, peers, subscribers } = this.client;
    const peer = peers.get(this.inUse.shift()!);
    if (event.type === "disconnect") return delivery.down();
    if (event.type !== "move") return delivery.up(peer);
    const stands = (sid: number) => subscribers.get(sid)?.ended === false;
    delivery.moved(peer, event.overlap, stands);
  }
}
