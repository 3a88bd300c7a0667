import type { ReplySink } from "../../core/requests.js";
import type { CodedError } from "../../errors.js";
import { answeredId, markOf } from "./content.js";
import type { Coverage } from "./coverage.js";
import type { Asked } from "./sent.js";
import { demand } from "./violation.js";

/** What the requests must know of the run. */
export interface AskingView {
  readonly now: number;
  readonly closed: boolean;
}

/** The requests of the application: each is settled once, in time, and for a reason that holds. */
export class Asking {
  readonly open = new Set<Asked>();
  private readonly view: AskingView;
  private readonly coverage: Coverage;
  /** A link is being lost just now. */
  losing = false;

  constructor(view: AskingView, coverage: Coverage) {
    this.view = view;
    this.coverage = coverage;
  }

  /** Takes the answer of `asked`, or its error. */
  sink(asked: Asked, then: () => void): ReplySink {
    return {
      onReply: (buf, subject, subjectEnd, _reply, _replyEnd, _start, body, end) => {
        const mark = markOf(buf.latin1Slice(subject, subjectEnd), buf.subarray(body, end));
        const nobody = asked.subject.startsWith("svc.none") || asked.subject.startsWith("deny.");
        const fits = mark === 0 ? nobody : answeredId(mark) === asked.id;
        demand(fits, "answer", () => `request ${asked.id} to ${asked.subject} got the answer ${mark}`);
        this.settle(asked, mark === 0 ? "no-responders" : "reply", undefined);
        then();
      },
      onFail: (error) => {
        this.settle(asked, error.code, error.detail.maybeDelivered);
        this.judge(asked, error);
        then();
      },
    };
  }

  /** Hears of a request whose answers go elsewhere when it ends badly. */
  onFail(asked: Asked): (error: CodedError) => void {
    return (error) => {
      this.settle(asked, error.code, error.detail.maybeDelivered);
      this.judge(asked, error);
    };
  }

  private settle(asked: Asked, how: string, maybeDelivered: boolean | undefined): void {
    demand(
      asked.settled === undefined,
      "request",
      () => `request ${asked.id} settled twice: ${asked.settled}, ${how}`,
    );
    asked.settled = how;
    asked.maybeDelivered = maybeDelivered;
    this.open.delete(asked);
    this.coverage.count(
      "request",
      `${asked.safe ? "safe:" : ""}${how}${maybeDelivered === true ? ":maybe" : ""}`,
    );
  }

  /** Whether an error says what happened. */
  private judge(asked: Asked, { code, detail }: CodedError): void {
    const { sent } = asked;
    const what = () =>
      `request ${asked.id} failed with ${code}, maybeDelivered ${detail.maybeDelivered}: ${sent}`;
    switch (code) {
      case "TIMEOUT":
        demand(this.view.now >= asked.deadline, "request", what);
        break;
      case "CONNECTION_CLOSED":
        demand(this.view.closed, "request", what);
        break;
      case "PERMISSIONS_VIOLATION":
        demand(sent?.outcome === "refused", "request", what);
        break;
      case "CONNECTION_LOST": {
        const dropped = sent?.outcome === "dropped";
        demand(this.losing || dropped || this.view.closed, "request", what);
        demand(!asked.safe || dropped || this.view.closed, "request", what);
        demand(detail.maybeDelivered === sent!.handed > 0, "request", what);
        break;
      }
      default:
        demand(sent?.outcome === "dropped", "request", what);
    }
  }

  /** Runs `lose`, by which a link is lost, and checks what becomes of the requests on it (promises.md §2). */
  duringLoss<T>(lose: () => T): T {
    const written = [...this.open].filter((asked) => !asked.safe && asked.sent!.handed > 0);
    const others = [...this.open].filter((asked) => !written.includes(asked) && !asked.watched);
    this.losing = true;
    const result = lose();
    this.losing = false;
    for (const asked of written) {
      if (this.view.closed) return result;
      const told = asked.settled === "CONNECTION_LOST" && asked.maybeDelivered === true;
      demand(
        told,
        "request-lost",
        () => `request ${asked.id} was written, and its link died: ${asked.settled ?? "it still waits"}`,
      );
    }
    for (const asked of others) {
      demand(
        asked.settled === undefined,
        "request-lost",
        () => `request ${asked.id}, never written, ended: ${asked.settled}`,
      );
    }
    return result;
  }

  /** No request waits much longer than its timeout. */
  checkOverdue(slack: number): void {
    for (const asked of this.open) {
      demand(
        this.view.now <= asked.deadline + slack,
        "request-overdue",
        () => `request ${asked.id}, deadline ${asked.deadline}`,
      );
    }
  }
}
