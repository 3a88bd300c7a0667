import type { Window } from "../../core/window.js";
import { CodedError } from "../../errors.js";
import { BurstRule } from "./burst-rule.js";
import type { Client } from "./client.js";
import type { Draft, Sent } from "./sent.js";
import { demand, Violation } from "./violation.js";

/** Longest reply subject that the engine gives to a request. */
const UNKNOWN_REPLY = 24;

/** Checks that what is accepted may be accepted, and that what is refused is refused for a reason that holds. */
export class Intake {
  private readonly client: Client;
  private readonly burst: BurstRule;
  /** Encoded bytes that were accepted in this outage. */
  private duringOutage = 0;
  /** Those of this outage, and of earlier ones as long as some of theirs still takes room; and their messages. */
  private sinceConfirmed = 0;
  private readonly buffered: Sent[] = [];

  constructor(client: Client) {
    this.client = client;
    this.burst = new BurstRule(client.profile.options.maxPending);
  }

  outageBegins(): void {
    this.duringOutage = 0;
    if (this.buffered.some((sent) => sent.window.confirmed <= sent.seq)) return;
    this.sinceConfirmed = 0;
    this.buffered.length = 0;
  }

  /** The end of a step: the mark may have been crossed by a PING or a SUB as well. */
  endOfStep(): void {
    const { engine, world, driver } = this.client;
    this.burst.see(engine.outbound.window.bytes, world.steps, driver.turns);
  }

  /** Hands a message to the engine by `accept`; returns it if it was accepted. */
  judge(draft: Draft, window: Window, accept: () => void): Sent | undefined {
    const { client, burst } = this;
    const turn = client.world.steps;
    const publishes = window === client.engine.outbound.window;
    if (publishes) burst.see(window.bytes, turn, client.driver.turns);
    const mayAccept = !publishes || !client.engine.session.connected || burst.mayAccept(client.driver.turns);
    let refusal: CodedError | undefined;
    const sent = client.ledger.expect(draft, () => {
      try {
        accept();
      } catch (error) {
        if (!(error instanceof CodedError)) throw error;
        refusal = error;
      }
    });
    if (refusal === undefined) {
      this.accepted(draft, sent!);
      demand(
        mayAccept,
        "maxPending",
        () => `message ${draft.id} was accepted with ${window.bytes} bytes pending`,
      );
    } else {
      this.refused(draft, window, refusal);
    }
    if (publishes) burst.see(window.bytes, turn, client.driver.turns);
    return sent;
  }

  private accepted(draft: Draft, sent: Sent): void {
    const { client } = this;
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
    if (client.engine.session.connected) return;
    this.duringOutage += encodedSize(draft);
    this.sinceConfirmed += encodedSize(draft);
    this.buffered.push(sent);
    const { reconnectBufSize } = client.profile.options;
    demand(
      this.duringOutage <= reconnectBufSize,
      "reconnectBufSize",
      () => `${this.duringOutage} bytes accepted`,
    );
  }

  private refused(draft: Draft, window: Window, { code, message }: CodedError): void {
    const { client } = this;
    client.coverage.count("rejected", code);
    demand(this.mayRefuse(draft, window, code), "rejected", () => `message ${draft.id}: ${code}, ${message}`);
  }

  private mayRefuse(draft: Draft, window: Window, code: string): boolean {
    const { client } = this;
    const { connected } = client.engine.session;
    const { reconnectBufSize, maxPending } = client.profile.options;
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
      case "DISCONNECTED":
        return !connected && reconnectBufSize < 0;
      case "BUFFER_FULL": {
        return !connected && this.sinceConfirmed + encodedSize(draft) + UNKNOWN_REPLY > reconnectBufSize;
      }
      case "MAX_PENDING_EXCEEDED": {
        if (window !== client.engine.outbound.window) return window.bytes >= maxPending;
        return connected && this.burst.mayRefuse(window.bytes, client.world.steps);
      }
      default:
        throw new Violation("rejected", `message ${draft.id} with ${code}`);
    }
  }
}

function sizeOf(draft: Draft): number {
  return draft.bytes + (draft.headers?.length ?? 0);
}

/** Bytes of the whole frame; of a request's reply subject only as far as it is known. */
function encodedSize(draft: Draft): number {
  const { subject, reply, headers } = draft;
  const size = sizeOf(draft);
  const names = Buffer.byteLength(subject) + (reply === "" ? 0 : 1 + Buffer.byteLength(reply));
  const sizes = headers === undefined ? `PUB  ${size}` : `HPUB  ${headers.length} ${size}`;
  return names + sizes.length + 2 + size + 2;
}
