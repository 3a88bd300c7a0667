import { type Failure, noStream, notOfStream } from "./failure.js";
import type { Outgoing, Standing } from "./outgoing.js";
import { ApiCode } from "./pub-ack.js";
import type { Said, StreamFacts, StreamInfo } from "./stream-info.js";

/** Failures with nobody to answer, after which the stream is asked whether the subject is one of its. */
const UNANSWERED = 2;
/** ms after which what a stream has said of its subjects counts for nothing, unless it has said it again. */
const KEPT = 5_000;
/** ms: what a leader serves is known to all servers by then. */
const SETTLED = 10;

/** What a stream, or the server in its place, says of itself; `term` is another one when subjects or leader are others. */
type Look = (Pick<StreamFacts, "term"> & { readonly subjects: readonly string[] }) | "no-stream" | "unknown";

/** What a stream has said each time that it was asked, without a gap; ms, monotonic. */
interface Steady {
  readonly subjects: readonly string[];
  readonly term: string;
  readonly since: number;
  latest: number;
}

/**
 * Tells a subject that is not of the stream, and a stream that does not exist, from one that has no leader at the moment: all are answered with "no responders".
 * Asks the stream itself.
 *
 * One answer is not enough: where subjects are mapped, the stream has another subject than the message, and its leader may have come only after the try. So a subject is not of the
 * stream when the stream has said so before the try and after it, under the same leader. Of many such messages only the first one has to be tried again for that.
 *
 * A message of a batch that another stream takes leaves a gap in the batch. So does one that gets lost on the way to a new leader: that passes.
 */
export class SubjectCheck {
  private readonly info: StreamInfo;
  private readonly stream: string;
  private steady: Steady | undefined;
  /** The stream does not exist: was found for sure, and nothing has been stored since. */
  private isMissing = false;

  constructor(info: StreamInfo, stream: string) {
    this.info = info;
    this.stream = stream;
  }

  /** Whether it is time to ask why nobody answers. */
  isDue(out: Outgoing, failure: Failure): boolean {
    if (isGap(failure)) return out.failures >= UNANSWERED;
    if (failure.error.code !== "NO_RESPONDERS") return false;
    return this.isMissing || out.failures >= UNANSWERED || this.lacks(out);
  }

  /** A try has failed that is not to be judged yet: asks now, so that what the stream says is known before the next try. */
  failed(failure: Failure): void {
    if (failure.error.code === "NO_RESPONDERS" || isGap(failure)) void this.look(0);
  }

  /** There is another link: what was said by the last one says nothing of what this one's server knows. */
  linked(): void {
    this.steady = undefined;
  }

  /** Why nobody answers. Never rejects. */
  async judge(out: Outgoing, failure: Failure): Promise<Failure> {
    const look = await this.look(out.triedAt);
    const lacking = lackingIn(look, out);
    const subject = lacking ?? out.subject;
    const standing: Standing = typeof look === "string" ? look : lacking ? "lacks-subject" : "has-subject";
    const isSure =
      standing === out.standing ||
      (standing === "lacks-subject" && this.hasStoodSince(out.triedAt - SETTLED));
    out.standing = standing;
    if (standing === "no-stream") {
      this.isMissing ||= isSure;
      // It may be made yet: whoever tries without end waits for that.
      return noStream(subject, this.stream, !this.isMissing || out.retries === Number.POSITIVE_INFINITY);
    }
    if (standing !== "unknown") this.isMissing = false;
    return standing === "lacks-subject" && isSure ? notOfStream(subject, this.stream) : failure;
  }

  /** It has stored a message. */
  exists(): void {
    this.isMissing = false;
  }

  /** @param from a question that was asked before this does not count */
  private async look(from: number): Promise<Look> {
    const look = lookOf(await this.info.look(from));
    this.note(look);
    return look;
  }

  private note(look: Look): void {
    const now = performance.now();
    const { steady } = this;
    if (typeof look === "string") this.steady = undefined;
    else if (steady?.term === look.term && now - steady.latest <= KEPT) steady.latest = now;
    else this.steady = { ...look, since: now, latest: now };
  }

  /** Whether the stream has said lately that it does not have the subject, or one of a batch. */
  private lacks(out: Outgoing): boolean {
    const { steady } = this;
    if (steady === undefined || performance.now() - steady.latest > KEPT) return false;
    return lackingIn(steady, out) !== undefined;
  }

  private hasStoodSince(at: number): boolean {
    return this.steady !== undefined && this.steady.since <= at;
  }
}

function lookOf(said: Said): Look {
  if (typeof said === "string") return said;
  const { subjects, term } = said;
  return subjects === undefined ? "unknown" : { subjects, term };
}

/** The first subject that is none of the stream's. */
function lackingIn(look: Look | Steady, { subjects }: Outgoing): string | undefined {
  if (typeof look === "string") return undefined;
  for (const subject of subjects) {
    if (!look.subjects.some((pattern) => isMatch(pattern, subject))) return subject;
  }
  return undefined;
}

function isGap({ apiCode }: Failure): boolean {
  return apiCode === ApiCode.BatchIncomplete;
}

/** Whether a subject is one of those that a pattern, with `*` and `>`, stands for. */
export function isMatch(pattern: string, subject: string): boolean {
  const wanted = pattern.split(".");
  const has = subject.split(".");
  for (const [index, token] of wanted.entries()) {
    if (token === ">") return has.length > index;
    if (index >= has.length || (token !== "*" && token !== has[index])) return false;
  }
  return wanted.length === has.length;
}
