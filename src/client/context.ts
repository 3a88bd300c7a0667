import type { Msg } from "../interop/nats-core.js";

/** What the server knows of this connection; its fields as they are sent. */
export interface ConnectionContext {
  /** The server that has answered. */
  server: {
    name: string;
    host: string;
    id: string;
    /** Its version. */
    ver: string;
    jetstream: boolean;
    cluster?: string;
    domain?: string;
    tags?: string[];
    seq: number;
    time: Date;
  };
  data: {
    user: string;
    account: string;
    permissions?: {
      publish?: { deny?: string[]; allow?: string[] };
      subscribe?: { deny?: string[]; allow?: string[] };
      /** Answers that may be published to reply subjects: how many, and for how long (nanoseconds). */
      responses?: { max: number; ttl: number };
    };
  };
}

/** Reads the answer to `$SYS.REQ.USER.INFO`. @throws SyntaxError when it is no JSON */
export function toContext(answer: Msg): ConnectionContext {
  return answer.json((key, value) => (key === "time" ? new Date(value) : value));
}
