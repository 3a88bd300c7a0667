import type { Connection } from "../../index.js";
import { OutgoingBatch } from "./batch.js";
import { type Failure, failedRequest, refusedByStream, strangeAnswer } from "./failure.js";
import type { Outcome } from "./flow.js";
import type { PublisherSettings } from "./options.js";
import { Header, type Outgoing } from "./outgoing.js";
import type { HeaderLine } from "./outgoing-headers.js";
import { readAnswer } from "./pub-ack.js";
import type { PublisherOwner } from "./publisher-owner.js";
import { SizeLimit } from "./size-limit.js";
import { type Said, StreamInfo } from "./stream-info.js";
import { SubjectCheck } from "./subject-check.js";

/** What tries need of the publisher. */
interface TriesHost {
  /** Number of the newest message. */
  newest(): number;
  /** A message that was held back may go on. */
  goOn(): void;
}

/** Sends messages, each once at a time, and finds out why that has failed, or would. */
export class Tries {
  /** Undefined: it is not known which stream it is. */
  readonly info: StreamInfo | undefined;
  /** The stream acknowledges nothing: each try would be stored, and followed by another. Known only with an owner: others have their `retries`. */
  isSilent = false;
  private readonly nc: Connection;
  private readonly owner: PublisherOwner | undefined;
  private readonly subjects: SubjectCheck | undefined;
  private readonly sizes: SizeLimit;

  constructor(
    nc: Connection,
    { stream, domain, timeout }: PublisherSettings,
    owner: PublisherOwner | undefined,
    host: TriesHost,
  ) {
    this.nc = nc;
    this.owner = owner;
    if (stream !== undefined) {
      this.info = new StreamInfo(nc, stream, domain, timeout);
      this.subjects = new SubjectCheck(this.info, stream);
      if (owner !== undefined) this.info.hear((said) => this.heard(said, host));
    }
    this.sizes = new SizeLimit(
      nc,
      stream,
      this.info,
      () => host.newest(),
      () => host.goOn(),
    );
  }

  /** There is another link. */
  linked(): void {
    this.subjects?.linked();
    this.sizes.linked();
  }

  /** It waits for its turn. */
  taken(out: Outgoing): void {
    this.sizes.taken(out);
  }

  /** See {@link FlowHost.refusal}. */
  refusal(out: Outgoing): Failure | "asking" | undefined {
    return this.isSilent ? "asking" : this.sizes.refusal(out);
  }

  private heard(said: Said, host: TriesHost): void {
    if (typeof said === "string") return;
    const wasSilent = this.isSilent;
    this.isSilent = !said.acknowledges;
    if (wasSilent && said.acknowledges) host.goOn();
  }

  /** The stream has stored a message. */
  stored(): void {
    this.subjects?.exists();
  }

  /** See {@link FlowHost.send}. */
  send(out: Outgoing, expected: number | undefined, came: (outcome: Outcome) => void): void {
    const { subject, timeout } = out;
    out.triedAt = performance.now();
    if (out.tries++ === 0) out.sentAt = out.triedAt;
    out.isOut = true;
    if (out.doubtSince !== undefined) this.owner?.sentAgain(out.msgID, out.doubtSince);
    if (out instanceof OutgoingBatch) {
      void out.sendTo(this.nc).then((outcome) => {
        if ("failure" in outcome) this.failed(out, outcome.failure, came);
        else came(outcome);
      });
      return;
    }
    const bound: readonly HeaderLine[] = expected === undefined ? [] : [[Header.LastSequence, `${expected}`]];
    const recovered = out.isRecovered && out.tries === 1;
    this.nc.request(subject, out.payload, { ...out.headers.toSend(bound), timeout, recovered }).then(
      (msg) => {
        const answer = readAnswer(msg);
        if ("ack" in answer) came(answer);
        else if ("refused" in answer)
          this.failed(out, refusedByStream(out, answer.refused), came, expected !== undefined);
        else this.failed(out, strangeAnswer(subject, answer.strange), came);
      },
      (cause) => this.failed(out, failedRequest(cause), came),
    );
  }

  private failed(out: Outgoing, failure: Failure, came: (outcome: Outcome) => void, isBound = false): void {
    out.isOut = false;
    if (failure.maybeDelivered) out.doubtSince ??= out.triedAt;
    this.sizes.failed(out, failure, isBound);
    if (this.subjects?.isDue(out, failure) !== true) {
      this.subjects?.failed(failure);
      return came({ failure });
    }
    void this.subjects.judge(out, failure).then((judged) => came({ failure: judged }));
  }
}
