import type { Connection } from "../../index.js";

/** What a look at the stream has shown. */
export type Standing = "has-subject" | "lacks-subject" | "unknown";

/**
 * Tells a subject that is not of the stream from a stream that has no leader at the moment: both are answered with "no responders". Asks the stream itself; those
 * who ask at the same time share the question.
 */
export class SubjectCheck {
  private readonly nc: Connection;
  private readonly api: string;
  private readonly timeout: number;
  private asking: Promise<readonly string[] | undefined> | undefined;

  constructor(nc: Connection, stream: string, domain: string | undefined, timeout: number) {
    this.nc = nc;
    this.timeout = timeout;
    this.api = `$JS.${domain === undefined ? "" : `${domain}.`}API.STREAM.INFO.${stream}`;
  }

  /** Never rejects. */
  async look(subject: string): Promise<Standing> {
    this.asking ??= this.ask().finally(() => {
      this.asking = undefined;
    });
    const subjects = await this.asking;
    if (subjects === undefined) return "unknown";
    return subjects.some((pattern) => isMatch(pattern, subject)) ? "has-subject" : "lacks-subject";
  }

  /** The subjects of a stream that has a leader; undefined when it does not say. */
  private async ask(): Promise<readonly string[] | undefined> {
    try {
      const msg = await this.nc.request(this.api, "", { timeout: this.timeout });
      const { config, cluster } = Object(JSON.parse(msg.string())) as {
        config?: { subjects?: unknown };
        cluster?: { leader?: unknown };
      };
      const subjects = config?.subjects;
      const hasLeader = cluster === undefined || typeof cluster?.leader === "string";
      if (!hasLeader || !Array.isArray(subjects)) return undefined;
      return subjects.filter((one): one is string => typeof one === "string");
    } catch {
      // Nobody there, or nobody who may tell.
      return undefined;
    }
  }
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
