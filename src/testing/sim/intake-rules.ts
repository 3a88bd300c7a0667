import type { Window } from "../../core/window.js";
import { CodedError } from "../../errors.js";
import { Kind } from "../../wire/frame.js";
import { BurstRule } from "./burst-rule.js";
import type { Client } from "./client.js";
import { encodedSize, sizeOf } from "./encoded-size.js";
import { OutageBook } from "./outage-book.js";
import type { OverflowWatch } from "./overflow-watch.js";
import type { Draft, Sent } from "./sent.js";
import { demand, Violation } from "./violation.js";

/** Longest reply subject that the engine gives to a request, with the blank before it. */
const UNKNOWN_REPLY = 24;

/** Codes of messages for which there was no room. */
const NO_ROOM: ReadonlySet<string> = new Set(["BUFFER_FULL", "DISCONNECTED", "MAX_PENDING_EXCEEDED"]);

/** Checks that what is accepted may be accepted, and that what is refused is refused for a reason that holds. */
export class Intake {
  private readonly client: Client;
  private readonly burst: BurstRule;
  readonly outage: OutageBook;
  readonly overflow: OverflowWatch;
  /** The message that is being published, and what was dropped to make room for it. */
  private current: { readonly draft: Draft; dropped: number } | undefined;
  /** Before number `seq` there is nothing that may go, with these links and in this state. */
  private readonly search = { epoch: -1, connected: false, outages: 0, seq: 0 };
  /** The last message that was accepted while the overflow is one of the application's. */
  private lastId = 0;
  /** What the books say beside the sum. */
  rejected = 0;
  overflowed = 0;
  recovered = 0;
  /** Messages without room, to be told by `overflow` events, and their encoded bytes as far as they are known. */
  untold = 0;
  untoldBytes = 0;
  untoldReplies = 0;
  /** Messages that an engaged overflow has taken, which may have had room or not, and their encoded bytes. */
  maybeUntold = 0;
  maybeUntoldBytes = 0;

  constructor(client: Client, overflow: OverflowWatch, window: Window) {
    this.client = client;
    this.overflow = overflow;
    this.burst = new BurstRule(client.profile.options.maxPending);
    this.outage = new OutageBook(window);
  }

  /** In the middle of a publish. */
  get publishing(): boolean {
    return this.current !== undefined;
  }

  /** The end of a step: the mark may have been crossed by a PING or a SUB as well. */
  endOfStep(): void {
    const { engine, world, driver } = this.client;
    this.burst.see(engine.outbound.window.bytes, world.steps, driver.turns);
  }

  /**
   * Hands a message to the engine by `accept`; returns it if it was accepted.
   *
   * @param bypass it is the overflow's own
   */
  judge(draft: Draft, window: Window, accept: () => void, bypass = false): Sent | undefined {
    const { client, burst, overflow } = this;
    const turn = client.world.steps;
    const publishes = window === client.engine.outbound.window;
    if (publishes) burst.see(window.bytes, turn, client.driver.turns);
    const { connected } = client.engine.session;
    const mayAccept = !publishes || !connected || burst.mayAccept(client.driver.turns);
    const asked = {
      lacksRoom: this.lacksRoom(draft, window),
      engaged: overflow.engaged && !bypass,
    };
    const current = { draft, dropped: 0 };
    const outer = this.current;
    this.current = current;
    const goBack = overflow.begin(draft, bypass);
    let refusal: CodedError | undefined;
    const sent = client.ledger.expect(draft, () => {
      try {
        accept();
      } catch (error) {
        if (!(error instanceof CodedError)) throw error;
        refusal = error;
      }
    });
    this.judgeDecision(draft, asked, refusal);
    const { decision } = overflow;
    this.current = outer;
    goBack();
    if (refusal !== undefined) {
      demand(current.dropped === 0, "dropped-in-vain", () => `${current.dropped} bytes for ${draft.id}`);
      this.refused(draft, window, refusal);
    } else if (sent === undefined) {
      demand(decision === "taken", "accepted", () => `message ${draft.id} has vanished`);
      this.overflowed++;
      client.coverage.count("overflow", "taken");
    } else if (sent.reason !== "drop-newest") {
      const room = mayAccept || current.dropped >= encodedSize(draft);
      demand(room, "maxPending", () => `message ${draft.id} was accepted with ${window.bytes} bytes pending`);
      if (bypass) this.recovered++;
      this.accepted(draft, sent, connected, decision === "pass");
    }
    if (publishes) burst.see(window.bytes, turn, client.driver.turns);
    return sent;
  }

  /** Whether a limit stands against the message, as far as is known. */
  private lacksRoom(draft: Draft, window: Window): boolean {
    const { client, outage } = this;
    const { maxPending, reconnectBufSize, maxBufferedMessages } = client.profile.options;
    if (client.engine.session.connected) {
      if (window !== client.engine.outbound.window) return window.bytes >= maxPending;
      return this.burst.mayRefuse(window.bytes, client.world.steps);
    }
    const unknown = draft.asked === undefined || draft.reply !== "" ? 0 : UNKNOWN_REPLY;
    const bytes = outage.atMostBytes + encodedSize(draft) + unknown;
    return bytes > reconnectBufSize || outage.atMostMessages + 1 > maxBufferedMessages;
  }

  /** The overflow is asked when there is no room, or while it is engaged, and its decision holds. */
  private judgeDecision(
    draft: Draft,
    { lacksRoom, engaged }: { lacksRoom: boolean; engaged: boolean },
    refusal: CodedError | undefined,
  ): void {
    const { decision } = this.overflow;
    const full = refusal !== undefined && NO_ROOM.has(refusal.code);
    if (full) this.rejected++;
    if (decision === undefined) {
      const plain = draft.kind <= Kind.DataOnce;
      demand(!full || !plain, "overflow", () => `message ${draft.id} was rejected, and nobody was asked`);
      if (full) this.note(draft);
      return;
    }
    this.client.coverage.count("overflow", decision);
    if (decision === "taken" && engaged) {
      this.maybeUntold++;
      this.maybeUntoldBytes += encodedSize(draft);
    } else if (decision !== "pass" || full) this.note(draft);
    demand(lacksRoom || engaged, "overflow", () => `${decision} for message ${draft.id}, which had room`);
    demand(draft.kind <= Kind.DataOnce, "overflow", () => `${decision} for message ${draft.id}`);
    const right =
      decision === "drop-oldest"
        ? !full || this.hasNoOldest(draft)
        : decision === "pass"
          ? !full || lacksRoom
          : full === (decision === "reject");
    demand(right, "overflow", () => `${decision} for message ${draft.id}: ${refusal?.message}`);
  }

  private note(draft: Draft): void {
    this.untold++;
    this.untoldBytes += encodedSize(draft);
    if (draft.asked !== undefined && draft.reply === "") this.untoldReplies++;
  }

  /** Dropping the oldest cannot make room: nothing is left that may go, or not enough of it. */
  private hasNoOldest(draft: Draft): boolean {
    const { client, outage } = this;
    // Who fails with the link may publish in the middle of the loss.
    if (client.losing) return true;
    const { reconnectBufSize, maxBufferedMessages } = client.profile.options;
    const { connected } = client.engine.session;
    let bytes = connected ? 0 : reconnectBufSize - outage.atMostBytes;
    let messages = connected ? 1 : maxBufferedMessages - outage.atMostMessages;
    const wanted = encodedSize(draft);
    const { window } = client.engine.outbound;
    let sent = this.oldestThatMayGo(window);
    for (; sent !== undefined; sent = client.ledger.pendingFrom(window, sent.seq + 1)) {
      if (!this.mayGo(sent)) continue;
      bytes += encodedSize(sent.draft);
      messages++;
      if (bytes >= wanted && messages >= 1) return false;
    }
    return bytes < wanted || messages < 1;
  }

  /** Whether the message is one of those that `drop-oldest` may drop now. */
  private mayGo(sent: Sent): boolean {
    const { session } = this.client.engine;
    if (sent.draft.kind > Kind.DataOnce) return false;
    if (session.active !== undefined && sent.links.includes(session.active.epoch)) return false;
    return session.connected || this.outage.has(sent);
  }

  /** Whether `sent` may be dropped to make room: it is the oldest that may go, and there is no room without. */
  mayDropOldest(sent: Sent): boolean {
    const { client, current, outage } = this;
    if (current === undefined || this.overflow.decision !== "drop-oldest" || !this.mayGo(sent)) return false;
    const wanted = encodedSize(current.draft);
    const { reconnectBufSize, maxBufferedMessages } = client.profile.options;
    if (client.engine.session.connected) {
      if (current.dropped >= wanted) return false;
    } else {
      const fits =
        outage.atMostBytes + wanted <= reconnectBufSize && outage.atMostMessages + 1 <= maxBufferedMessages;
      if (fits || wanted > reconnectBufSize || maxBufferedMessages < 1) return false;
    }
    const oldest = client.losing ? undefined : this.oldestThatMayGo(sent.window);
    if (oldest !== undefined && oldest.seq < sent.seq) return false;
    current.dropped += encodedSize(sent.draft);
    return true;
  }

  /**
   * The oldest message that may go. As long as links and state stay as they are, what may not go will not
   * later: it is not looked at twice.
   */
  private oldestThatMayGo(window: Window): Sent | undefined {
    const { client, search } = this;
    const { session } = client.engine;
    const epoch = session.active?.epoch ?? 0;
    const same = search.epoch === epoch && search.connected === session.connected;
    if (!same || search.outages !== client.outages)
      Object.assign(search, { epoch, connected: session.connected, outages: client.outages, seq: 0 });
    let sent = client.ledger.pendingFrom(window, search.seq);
    while (sent !== undefined && !this.mayGo(sent)) sent = client.ledger.pendingFrom(window, sent.seq + 1);
    search.seq = sent?.seq ?? window.position;
    return sent;
  }

  /** A message has ended otherwise than confirmed. */
  ended(sent: Sent): void {
    this.outage.ended(sent);
  }

  /** @param passed the overflow has let it pass what it keeps itself */
  private accepted(draft: Draft, sent: Sent, connected: boolean, passed: boolean): void {
    const { client, outage, overflow } = this;
    const size = sizeOf(draft);
    demand(
      !client.closed && !client.finishing,
      "accepted",
      () => `message ${draft.id} by a connection that takes nothing more`,
    );
    demand(
      size <= client.maxPayload,
      "accepted",
      () => `message ${draft.id} of ${size} bytes, over max_payload`,
    );
    if (client.parking !== undefined && draft.kind <= Kind.DataOnce && !passed) {
      const inOrder = draft.id > this.lastId;
      demand(inOrder, "overflow-order", () => `${draft.id} behind ${this.lastId}, by ${overflow.name}`);
      this.lastId = draft.id;
    }
    if (connected) return;
    outage.add(sent);
    const { reconnectBufSize, maxBufferedMessages } = client.profile.options;
    demand(outage.bytes <= reconnectBufSize, "reconnectBufSize", () => `${outage.bytes} bytes accepted`);
    demand(
      outage.messages <= maxBufferedMessages,
      "maxBufferedMessages",
      () => `${outage.messages} messages accepted`,
    );
  }

  private refused(draft: Draft, window: Window, { code, message }: CodedError): void {
    const { client } = this;
    client.coverage.count("rejected", code);
    client.ledger.refused();
    demand(this.mayRefuse(draft, window, code), "rejected", () => `message ${draft.id}: ${code}, ${message}`);
  }

  private mayRefuse(draft: Draft, window: Window, code: string): boolean {
    const { client } = this;
    const { connected } = client.engine.session;
    const { reconnectBufSize } = client.profile.options;
    const size = sizeOf(draft);
    switch (code) {
      case "CONNECTION_CLOSED":
        return client.closed;
      case "CONNECTION_DRAINING":
        return client.finishing;
      case "MAX_PAYLOAD_EXCEEDED":
        return size > client.maxPayload;
      case "HEADERS_UNSUPPORTED":
        return draft.headers !== undefined && client.engine.info?.headers !== true;
      // The overflow rejects while it is engaged, too.
      case "DISCONNECTED":
        return !connected && reconnectBufSize < 0;
      case "BUFFER_FULL":
        return !connected && (this.overflow.engaged || this.lacksRoom(draft, window));
      case "MAX_PENDING_EXCEEDED":
        return connected && (this.overflow.engaged || this.lacksRoom(draft, window));
      default:
        throw new Violation("rejected", `message ${draft.id} with ${code}`);
    }
  }
}
