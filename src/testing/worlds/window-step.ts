/** One thing that happens to a window. */
export type Step =
  | {
      op: "append";
      kind: number;
      subject: string;
      reply: string;
      headers: boolean;
      payload: { of: string; times: number };
    }
  | { op: "ping" }
  | { op: "sub" }
  | { op: "write"; runs: number }
  | { op: "ended"; count: number }
  | { op: "pong"; count: number }
  | { op: "refuse"; subject: string }
  | { op: "takeBack"; back: number }
  | { op: "ttl"; back: number }
  | { op: "dropOldest"; messages: number; bytes: number }
  | { op: "sweep" }
  | { op: "limit"; suspects: number }
  | { op: "probe" }
  | { op: "die"; unclean: boolean }
  | { op: "connect"; maxPayload: number; headers: boolean }
  | { op: "wait"; ms: number };
