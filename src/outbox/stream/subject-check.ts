import type { Connection } from "../../index.js";
import { type Failure, noStream, notOfStream } from "./failure.js";
import type { Outgoing, Standing } from "./outgoing.js";
import { ApiCode } from "./pub-ack.js";

/** Failures with nobody to answer, after which the stream is asked whether the subject is one of its. */
const UNANSWERED = 2;

/** What a stream, or the server in its place, says of itself. */
type Look = { readonly subjects: readonly string[] } | "no-stream" | "unknown";

/** Subject of requests for what a stream is. */
export function streamInfoSubject(stream: string, domain: string | undefined): string {
  return `$JS.${domain === undefined ? "" : `${domain}.`}API.STREAM.INFO.${stream}`;
}

/**
 * Tells a subject that is not of the stream, and a stream that does not exist, from one that has no leader at the moment: all are answered with "no responders".
 * Asks the stream itself; those who ask at the same time share the question.
 */
export class SubjectCheck {
  private readonly nc: Connection;
  private readonly stream: string;
  private readonly api: string;
  private readonly timeout: number;
  private asking: Promise<Look> | undefined;
  /** The stream does not exist: was found for sure, and nothing has been stored since. */
  private isMissing = false;

  constructor(nc: Connection, stream: string, domain: string | undefined, timeout: number) {
    this.nc = nc;
    this.stream = stream;
    this.timeout = timeout;
    this.api = streamInfoSubject(stream, domain);
  }

  /** Whether it is time to ask why nobody answers. */
  isDue(out: Outgoing, failure: Failure): boolean {
    if (failure.error.code !== "NO_RESPONDERS") return false;
    return this.isMissing || out.failures >= UNANSWERED;
  }

  /**
   * Why nobody answers. Never rejects. A leader may have come between the two questions, and where subjects are mapped, the stream has another one; nobody has
   * answered twice then.
   */
  async judge(out: Outgoing, failure: Failure): Promise<Failure> {
    const { subject } = out;
    const look = await this.look();
    const standing = standingOf(look, subject);
    const isSure = standing === out.standing;
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

  private look(): Promise<Look> {
    this.asking ??= this.ask().finally(() => {
      this.asking = undefined;
    });
    return this.asking;
  }

  private async ask(): Promise<Look> {
    try {
      const msg = await this.nc.request(this.api, "", { timeout: this.timeout });
      const { config, cluster, error } = Object(JSON.parse(msg.string())) as {
        config?: { subjects?: unknown };
        cluster?: { leader?: unknown };
        error?: { err_code?: unknown };
      };
      if (error?.err_code === ApiCode.StreamNotFound) return "no-stream";
      const subjects = config?.subjects;
      const hasLeader = cluster === undefined || typeof cluster?.leader === "string";
      if (!hasLeader || !Array.isArray(subjects)) return "unknown";
      return { subjects: subjects.filter((one): one is string => typeof one === "string") };
    } catch {
      // Nobody there, or nobody who may tell.
      return "unknown";
    }
  }
}

function standingOf(look: Look, subject: string): Standing {
  if (typeof look === "string") return look;
  return look.subjects.some((pattern) => isMatch(pattern, subject)) ? "has-subject" : "lacks-subject";
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
