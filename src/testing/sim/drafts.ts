import { Kind } from "../../wire/frame.js";
import type { Random } from "../random.js";
import { isNameless, makeText, Origin, writeBytes } from "./content.js";
import type { Profile } from "./profile.js";
import type { Asked, Draft } from "./sent.js";

/** Kinds of messages that an application publishes, by how likely they are. */
const FLAVOURS = { data: 10, once: 2, reply: 2, deny: 1, ack: 1, api: 0.5, pull: 0.7, many: 0.5 } as const;
const API = ["$JS.API.STREAM.CREATE.s", "$JS.dom.API.CONSUMER.CREATE.s.c", "$JS.API.STREAM.PURGE.s"];
const PULL = ["$JS.API.CONSUMER.MSG.NEXT.s.c", "$JS.dom.API.CONSUMER.MSG.NEXT.s.c"];
const SAFE = ["$JS.API.INFO", "$JS.API.STREAM.NAMES", "$JS.dom.API.CONSUMER.LIST.s", "$JS.API.STREAM.INFO.s"];
const ASK = {
  "svc.fast": 6,
  "svc.slow": 2,
  "svc.mute": 1,
  "svc.none": 1,
  "deny.svc": 0.5,
  safe: 3,
  api: 1,
  pull: 0.5,
};

const NEW = { settled: undefined, maybeDelivered: undefined, sent: undefined };

/** What a profile says about messages. */
export type DraftWishes = Pick<Profile, "maxSize" | "ttl" | "poison" | "options">;

/** A draft and how to publish it. */
export interface Publication {
  readonly draft: Draft;
  readonly payload: Uint8Array | string;
  /** Argument `replay` of the publish. */
  readonly replay: boolean | undefined;
}

/** Makes messages of all kinds. Their bytes lie in one buffer, which the next message overwrites, as applications do. */
export class Drafts {
  private readonly random: Random;
  private readonly wishes: DraftWishes;
  private readonly scratch = Buffer.alloc(500 * 1024);
  private ids = 0;
  private poisons = 0;

  constructor(random: Random, wishes: DraftWishes) {
    this.random = random;
    this.wishes = wishes;
  }

  /** A message to publish. */
  publication(now: number): Publication {
    const { random, wishes } = this;
    const flavour = random.weighted(FLAVOURS);
    const k = random.int(4);
    const expiresAt = random.chance(wishes.ttl) ? now + random.scale(2, 5000) : undefined;
    if (this.poisons < wishes.poison && random.chance(0.02)) {
      this.poisons++;
      return this.make(`poison.${k}`, this.dataKind(undefined), "", undefined);
    }
    switch (flavour) {
      case "data":
      case "deny": {
        const replay = random.chance(0.1) ? !wishes.options.atLeastOnce : undefined;
        const to = flavour === "data" ? `data.${k}` : `deny.${k}`;
        return this.make(to, this.dataKind(replay), "", replay, undefined, undefined, expiresAt);
      }
      case "once":
        return this.make(`data.${k}`, Kind.DataOnce, "", false, undefined, undefined, expiresAt);
      case "reply":
        return this.make(`data.${k}`, this.dataKind(undefined), `inbox.${k}`, undefined);
      case "ack":
        return this.make(`$JS.ACK.s.c.1.${k}`, Kind.Control, "", undefined);
      case "api":
        return this.make(random.pick(API), Kind.Control, `inbox.${k}`, undefined);
      case "pull":
        return this.make(random.pick(PULL), Kind.Pull, `inbox.${k}`, undefined);
      case "many": {
        const asked = { ...NEW, safe: false, watched: true, deadline: now + random.scale(1, 3000) };
        return this.make(`svc.fast.${k}`, Kind.Request, `inbox.${k}`, undefined, undefined, asked);
      }
    }
  }

  /** Exactly this message, for a test. */
  plain(subject: string, bytes: number, replay?: boolean, expiresAt?: number): Publication {
    const control = PULL.includes(subject)
      ? Kind.Pull
      : subject.startsWith("$JS.")
        ? Kind.Control
        : undefined;
    return this.make(subject, control ?? this.dataKind(replay), "", replay, bytes, undefined, expiresAt);
  }

  /** A request; its reply subject becomes known when the engine takes it. */
  request(deadline: number, subject?: string, bytes?: number): Publication {
    const { random } = this;
    const flavour = random.weighted(ASK);
    const found =
      flavour === "safe" ? random.pick(SAFE) : flavour === "api" ? random.pick(API) : random.pick(PULL);
    const to = subject ?? (flavour.includes(".") ? `${flavour}.${random.int(3)}` : found);
    const safe = SAFE.includes(to);
    const asked = { ...NEW, safe, watched: false, deadline };
    return this.make(to, safe ? Kind.SafeRequest : Kind.Request, "", undefined, bytes, asked);
  }

  private dataKind(replay: boolean | undefined): Kind {
    return (replay ?? this.wishes.options.atLeastOnce) ? Kind.Data : Kind.DataOnce;
  }

  private size(): number {
    const { random } = this;
    const { maxSize } = this.wishes;
    return random.chance(0.15) ? random.int(12) : Math.floor(random.scale(1, maxSize));
  }

  private make(
    subject: string,
    kind: Kind,
    reply: string,
    replay: boolean | undefined,
    bytes?: number,
    asked?: Omit<Asked, "id" | "subject">,
    expiresAt?: number,
  ): Publication {
    const { random } = this;
    const id = ++this.ids;
    const wanted = bytes ?? this.size();
    const text =
      bytes === undefined && random.chance(0.3)
        ? makeText(Origin.client, id, Math.min(wanted, 20_000))
        : undefined;
    const payload = text ?? writeBytes(this.scratch, Origin.client, id, wanted);
    const size = text === undefined ? wanted : Buffer.byteLength(text);
    const name = isNameless(id, size) ? `${subject}.i-${id}` : subject;
    const headers = bytes === undefined && random.chance(0.15) ? makeHeaders(random, id) : undefined;
    const full = asked === undefined ? undefined : { ...asked, id, subject: name };
    return {
      draft: { id, kind, subject: name, reply, headers, text, bytes: size, asked: full, expiresAt },
      payload,
      replay,
    };
  }
}

function makeHeaders(random: Random, id: number): Buffer {
  const filler = random.chance(0.1) ? `X-Filler: ${"f".repeat(random.int(2000))}\r\n` : "";
  return Buffer.from(`NATS/1.0\r\nX-Id: ${id}\r\n${filler}\r\n`);
}
