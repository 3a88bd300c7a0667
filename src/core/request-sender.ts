import type { CodedError } from "../errors.js";
import { Kind } from "../wire/frame.js";
import { Admitted, type Intake } from "./intake.js";
import type { Outbound } from "./outbound.js";
import { type PendingRequest, type ReplySink, Requests } from "./requests.js";
import type { MessageSink, SubscriptionEntry, Subscriptions } from "./subscriptions.js";

/** How the subscription is made on which the answers to all requests come. */
export interface RequestSenderHost {
  readonly subscriptions: Subscriptions;
  subscribe(
    subject: string,
    queue: string | undefined,
    max: number | undefined,
    sink: MessageSink,
  ): SubscriptionEntry;
}

/** Encodes requests into the window that they go out with, and enters them in the registry. */
export class RequestSender {
  private readonly intake: Intake;
  private readonly outbound: Outbound;
  /** Those who wait for answers. */
  readonly requests: Requests;
  private readonly host: RequestSenderHost;
  /** Where the answers come in: one subscription for all. */
  private mux: SubscriptionEntry | undefined;

  /** @param inbox `_INBOX.<unique>.` for the answers */
  constructor(intake: Intake, outbound: Outbound, inbox: string, host: RequestSenderHost) {
    this.host = host;
    this.intake = intake;
    this.outbound = outbound;
    this.requests = new Requests(inbox);
  }

  /**
   * Sends a request; its answer or error goes to `sink`, once.
   *
   * @param timeout ms until it fails with `TIMEOUT`
   * @throws CodedError when it is not accepted
   */
  send(
    subject: string,
    payload: Uint8Array | string,
    headers: Uint8Array | undefined,
    timeout: number,
    sink: ReplySink,
    now: number,
  ): PendingRequest {
    this.listen();
    const entry = this.intake.subjects.get(subject);
    const token = this.requests.nextToken();
    const reply = this.requests.prefix + token;
    const window = this.outbound.urgent;
    const admitted = this.intake.admit(window, Kind.Request, entry, reply, headers, payload);
    if (admitted !== Admitted.Append) throw this.intake.noRoom;
    window.append(entry.requestKind, entry, reply, headers, payload, now);
    const safe = entry.requestKind === Kind.SafeRequest;
    const keep = safe || window !== this.outbound.window;
    const request: PendingRequest = {
      token,
      subject,
      sink,
      window,
      seq: window.position - 1,
      safe,
      again: keep ? copy(payload, headers) : undefined,
      deadline: now + timeout,
      heapIndex: -1,
    };
    this.requests.add(request);
    return request;
  }

  private listen(): void {
    const { host, requests, mux } = this;
    if (mux !== undefined && host.subscriptions.has(mux)) return;
    this.mux = host.subscribe(`${requests.prefix}*`, undefined, undefined, requests);
  }

  /**
   * Watches the frame that was appended last to the urgent window, a request whose answers go elsewhere.
   * Returns how to stop: a frame that is not on the link yet is taken back then.
   */
  watchLast(subject: string, onFail: (error: CodedError) => void): () => void {
    const window = this.outbound.urgent;
    const watch = { subject, window, seq: window.position - 1, onFail };
    this.requests.watch(watch);
    return () => {
      this.requests.unwatch(watch);
      window.takeBack(watch.seq, "timeout");
    };
  }

  /** Sends requests once more whose frames did not come along when the link died. */
  sendAgain(requests: readonly PendingRequest[], now: number): void {
    const { window } = this.outbound;
    const from = window.position;
    for (const request of requests) {
      const entry = this.intake.subjects.get(request.subject);
      const { payload, headers } = request.again!;
      window.append(entry.requestKind, entry, this.requests.prefix + request.token, headers, payload, now);
      this.requests.move(request, window, window.position - 1);
    }
    this.intake.outage.exempt(from, window.position);
  }
}

/** The caller may write into its buffers as soon as the call has returned. */
function copy(payload: Uint8Array | string, headers: Uint8Array | undefined): PendingRequest["again"] {
  return {
    payload: typeof payload === "string" ? payload : new Uint8Array(payload),
    headers: headers === undefined ? undefined : new Uint8Array(headers),
  };
}
