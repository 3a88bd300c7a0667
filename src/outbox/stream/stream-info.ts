import type { Connection } from "../../index.js";
import { ApiCode } from "./pub-ack.js";

const NANOSECONDS = 1e6;

/** What a stream says of itself. */
export interface StreamFacts {
  /** Undefined: it has no leader that could speak for it, or says nothing of them. */
  readonly subjects: readonly string[] | undefined;
  /** Another one when subjects or leader are others. */
  readonly term: string;
  /** Bytes of headers and payload that a message may have (`max_msg_size`); Infinity: as many as a server takes. */
  readonly maxMsgSize: number;
  /** How long it remembers message ids, ms; undefined: it does not say. */
  readonly duplicateWindow: number | undefined;
  /** It answers those who publish; else (`no_ack`) nobody knows what it has stored. */
  readonly acknowledges: boolean;
}

/** What has come of a question. */
export type Said = StreamFacts | "no-stream" | "unknown";

/** Asks a stream what it is, by `STREAM.INFO`; those who ask at the same time share the question. */
export class StreamInfo {
  private readonly nc: Connection;
  private readonly subject: string;
  private readonly timeout: number;
  private readonly ears: ((said: Said) => void)[] = [];
  private asking: { readonly at: number; readonly said: Promise<Said> } | undefined;

  /**
   * @param domain of JetStream; undefined: the account's own
   * @param timeout ms until a question counts as unanswered
   */
  constructor(nc: Connection, stream: string, domain: string | undefined, timeout: number) {
    this.nc = nc;
    this.subject = `$JS.${domain === undefined ? "" : `${domain}.`}API.STREAM.INFO.${stream}`;
    this.timeout = timeout;
  }

  /** Hears every answer, whoever has asked, before that one does. */
  hear(ear: (said: Said) => void): void {
    this.ears.push(ear);
  }

  /**
   * Never rejects.
   *
   * @param from monotonic ms: a question that was asked before this does not count
   */
  look(from: number): Promise<Said> {
    if (this.asking !== undefined && this.asking.at >= from) return this.asking.said;
    const said = this.ask().then((answer) => {
      if (this.asking === asking) this.asking = undefined;
      for (const ear of this.ears) ear(answer);
      return answer;
    });
    const asking = { at: performance.now(), said };
    this.asking = asking;
    return said;
  }

  private async ask(): Promise<Said> {
    try {
      const msg = await this.nc.request(this.subject, "", { timeout: this.timeout });
      return readFacts(JSON.parse(msg.string()));
    } catch {
      // Nobody there, or nobody who may tell.
      return "unknown";
    }
  }
}

/** Of an answer, which is not trusted: somebody else may have given it. */
function readFacts(answer: unknown): Said {
  const { config, cluster, error } = Object(answer) as {
    config?: { subjects?: unknown; max_msg_size?: unknown; duplicate_window?: unknown; no_ack?: unknown };
    cluster?: { leader?: unknown; leader_since?: unknown };
    error?: { err_code?: unknown };
  };
  if (error?.err_code === ApiCode.StreamNotFound) return "no-stream";
  if (typeof config !== "object" || config === null) return "unknown";
  // A mirror, or one that has sources alone, has none, and says nothing of them.
  const { subjects = [], max_msg_size: size, duplicate_window: window, no_ack: silent } = config;
  const hasLeader = cluster === undefined || typeof cluster?.leader === "string";
  return {
    subjects:
      hasLeader && Array.isArray(subjects)
        ? subjects.filter((one): one is string => typeof one === "string")
        : undefined,
    term: JSON.stringify([subjects, cluster?.leader, cluster?.leader_since]),
    maxMsgSize: typeof size === "number" && size > 0 ? size : Number.POSITIVE_INFINITY,
    duplicateWindow: typeof window === "number" && window >= 0 ? window / NANOSECONDS : undefined,
    acknowledges: silent !== true,
  };
}
