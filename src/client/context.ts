import type { Msg } from "../interop/nats-core.js";

/** What the server knows of this connection; its fields as they are sent. */
export interface ConnectionContext {
  /** The server that has answered. */
  server: {
    /** Its name (`server_name`); its id where it was given none. */
    name: string;
    /** The address that it listens on. */
    host: string;
    /** Its id, a new one whenever it is started. */
    id: string;
    /** Its version. */
    ver: string;
    /** Whether JetStream is enabled on it. */
    jetstream: boolean;
    /** Name of its cluster, where it is in one. */
    cluster?: string;
    /** Its JetStream domain, where it has one. */
    domain?: string;
    /** Its tags (`server_tags`), where it has some. */
    tags?: string[];
    /** Number of this answer among what it has sent by its system account. */
    seq: number;
    /** When it has answered, by its clock. */
    time: Date;
  };
  /** Whom it takes this connection for. */
  data: {
    /** The user; of a connection with an NKey or a JWT the public key. */
    user: string;
    /** The account that the user is in. */
    account: string;
    /** What the user may do; missing when the server names no limits. */
    permissions?: {
      /** Subjects that may be published to: those of `allow` (all when it is missing), without those of `deny`. */
      publish?: { deny?: string[]; allow?: string[] };
      /** Subjects that may be subscribed to: those of `allow` (all when it is missing), without those of `deny`. */
      subscribe?: { deny?: string[]; allow?: string[] };
      /** Answers that may be published to the reply subject of a message: `max` of them, for `ttl` nanoseconds. */
      responses?: { max: number; ttl: number };
    };
  };
}

/** Reads the answer to `$SYS.REQ.USER.INFO`. @throws SyntaxError when it is no JSON */
export function toContext(answer: Msg): ConnectionContext {
  return answer.json((key, value) => (key === "time" ? new Date(value) : value));
}
