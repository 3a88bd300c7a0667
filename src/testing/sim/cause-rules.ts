import type { CauseKind } from "../../core/cause.js";
import type { EngineEvent } from "../../core/events.js";
import type { Client } from "./client.js";
import type { Peer } from "./peer.js";
import { meaningOf } from "./server-texts.js";
import { demand } from "./violation.js";

/** ms for which a stall of the client's process may be the reason of what a server does. */
const STALL_MEMORY = 1000;

/** ms for which a server waits for TLS where that comes first, and a little more. */
const TLS_PATIENCE = 1900;
const TLS_LATE = 3000;

/** Checks that the cause that is told of each loss fits what was really done to the link. */
export class CauseRules {
  private readonly client: Client;
  /** Of what was told. */
  private readonly told = new Set<CauseKind>();
  private last: CauseKind | undefined;

  constructor(client: Client) {
    this.client = client;
  }

  /** The engine emits an event, in the middle of the input that has brought it about. */
  emitted(event: EngineEvent): void {
    switch (event.type) {
      case "disconnect":
      case "attemptFailed":
        return this.judge(event.type, event.server, event.cause.kind);
      case "close": {
        const { kind } = event.cause;
        // An attempt that was refused for good may be followed by the end of another one that was under way.
        const isOld = kind === "authentication" && this.told.has(kind);
        const fits = event.error === undefined ? kind === "client" : kind === this.last || isOld;
        demand(fits, "cause", () => `close with ${kind}, the last one told was ${this.last}`);
        return;
      }
      default:
    }
  }

  private judge(what: string, server: string, kind: CauseKind): void {
    const { driver } = this.client;
    // Who fails with the link may have had its socket closed already.
    const epochs = driver.inputEpoch > 0 ? [driver.inputEpoch] : driver.epochsOf(server);
    this.last = kind;
    this.told.add(kind);
    // A move that cannot be made ends the link in use, whoever has said so.
    if (what === "disconnect" && kind === "client") {
      this.client.coverage.count("cause", "disconnect client");
      const { moves, turns } = this.client;
      const lastEpoch = turns.last;
      return demand(moves.mayLeave(lastEpoch), "cause", () => `link ${lastEpoch} was left`);
    }
    if (epochs.length === 0 || epochs.some((epoch) => !driver.sockets.has(epoch))) return;
    const expected = epochs.flatMap((epoch) => this.expected(what, epoch));
    // A link that was to take over and has not stands, and is of no use.
    const isMove = this.client.moves.isJoining || this.client.engine.session.connected;
    if (what === "attemptFailed" && isMove) expected.push("network", "stale", "client");
    this.client.coverage.count("cause", `${what} ${kind}`);
    demand(
      expected.includes(kind),
      "cause",
      () => `${what} of link ${epochs} with ${kind}; expected was ${expected.join(" or ")}`,
    );
  }

  private expected(what: string, epoch: number): CauseKind[] {
    const { client } = this;
    const { inputKind, sockets } = client.driver;
    switch (inputKind) {
      case "command":
        // A command may find that an attempt has taken too long, but not that a link is dead.
        return what === "disconnect" ? ["client"] : this.late(epoch);
      case "authenticate":
        return ["authentication"];
      case "tls-failed":
        return ["tls"];
      case "timeout":
        return this.late(epoch);
      case "closed":
        return this.ended(epoch, sockets.get(epoch)?.ending);
      default:
        // What came in was no protocol, or it was an error in the handshake.
        return [...(this.heard(epoch) ?? ["protocol"]), ...this.tooEarly(epoch)];
    }
  }

  /** An error in plain text where TLS has to begin is not believed, unless it is harmless to do so. */
  private tooEarly(epoch: number): CauseKind[] {
    const { driver, peers } = this.client;
    return peers.get(epoch)?.server.setup.tls !== undefined && !driver.isSecure(epoch) ? ["protocol"] : [];
  }

  /** Whom an attempt that has taken too long has waited for. */
  private late(epoch: number): CauseKind[] {
    const { authenticating, opened } = this.client.driver;
    // It may have slept through most of the time that the attempt had.
    const own: CauseKind[] = this.stalled(epoch) ? ["local-stall"] : [];
    if (this.client.driver.awaitsTls(epoch)) return ["tls", ...own];
    if (authenticating.has(epoch)) return ["authentication", ...own];
    return [opened.has(epoch) ? "stale" : "network", ...own];
  }

  private ended(epoch: number, ending: string | undefined): CauseKind[] {
    if (ending === "refused") return ["refused"];
    if (ending === "unresolved") return ["network"];
    // An error that the link has survived is not why it ends later.
    return [...(this.heard(epoch) ?? []), ...this.seen(epoch, ending)];
  }

  /** What the end itself says. */
  private seen(epoch: number, ending: string | undefined): CauseKind[] {
    const peer = this.client.peers.get(epoch);
    const tooLarge: CauseKind[] = peer?.takesLess === true ? ["payload"] : [];
    // An answer to something that was written after a stall ends its memory: then it was not the reason.
    const own: CauseKind[] = this.stalled(epoch) ? ["local-stall"] : [];
    if (ending === "reset") {
      return peer?.lameDuckHeard === true ? ["lame-duck", ...own] : ["network", ...tooLarge, ...own];
    }
    if (peer?.lameDuckHeard === true) return ["lame-duck"];
    // A server greets by itself: no stall of ours is why a connection that stands ends before that.
    const isStalled = own.length > 0;
    if (!this.isGreeted(peer) && isStalled) return this.client.driver.opened.has(epoch) ? ["network"] : own;
    if (!this.isGreeted(peer)) return this.beforeInfo(epoch);
    // A server says its INFO at once: where only a part has come, the way is at fault, as far as a client can tell.
    if (peer?.isIntroduced === false) return ["network", ...own];
    return ["server-shutdown", ...tooLarge, ...own];
  }

  /** The client has read the server's first line. */
  private isGreeted(peer: Peer | undefined): boolean {
    return peer !== undefined && peer.wire.down.read > 0;
  }

  /** Who ends a connection before a word is no server, unless it has waited for TLS as long as servers do. */
  private beforeInfo(epoch: number): CauseKind[] {
    const { driver, now } = this.client;
    const took = now - driver.dialledAt(epoch);
    return [took >= TLS_PATIENCE && took <= TLS_LATE ? "tls" : "network"];
  }

  /** What the errors mean that have arrived by the link; undefined when none has. */
  private heard(epoch: number): CauseKind[] | undefined {
    const texts = this.client.peers.get(epoch)?.errorsHeard ?? [];
    if (texts.length === 0) return undefined;
    // In the handshake the first one is the end, later it is the last one.
    const kinds = texts.map((text): CauseKind => {
      const kind = meaningOf(text)?.kind ?? "unknown";
      const ofStalls = kind === "stale" || kind === "slow-consumer";
      if (ofStalls && this.stalled(epoch)) return "local-stall";
      // The server has waited for CONNECT, and the client for its authenticator.
      return kind === "stale" && this.client.driver.authenticating.has(epoch) ? "authentication" : kind;
    });
    return this.client.driver.inputKind === "data" ? kinds : kinds.slice(-1);
  }

  /** The client's process did not run while there was this link, just before. */
  private stalled(epoch: number): boolean {
    const { driver, now } = this.client;
    return now - driver.stalledAt <= STALL_MEMORY && driver.stalledAt > driver.dialledAt(epoch);
  }
}
