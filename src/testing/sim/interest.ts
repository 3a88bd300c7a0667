/** A subscription as a server has it. */
export interface ServerSub {
  readonly sid: number;
  readonly subject: string;
  readonly queue: string | undefined;
  readonly tokens: readonly string[];
  /** Messages after which it ends, counted since the SUB. */
  max: number | undefined;
  delivered: number;
}

/** What is published, on its way through the cluster. */
export interface Routed {
  readonly subject: string;
  readonly tokens: readonly string[];
  readonly reply: string;
  readonly headers: Buffer | undefined;
  readonly payload: Buffer;
  /** Names it, see `markOf`. */
  readonly mark: number;
  /** Queue groups that have got it. */
  readonly served: Set<string>;
}

/** Whether a pattern with wildcards covers a subject; both in tokens. */
export function covers(pattern: readonly string[], subject: readonly string[]): boolean {
  for (let i = 0; i < pattern.length; i++) {
    if (pattern[i] === ">") return subject.length > i;
    if (i >= subject.length || (pattern[i] !== "*" && pattern[i] !== subject[i])) return false;
  }
  return pattern.length === subject.length;
}

export function routed(
  subject: string,
  reply: string,
  headers: Buffer | undefined,
  payload: Buffer,
  mark: number,
): Routed {
  return { subject, tokens: subject.split("."), reply, headers, payload, mark, served: new Set() };
}
