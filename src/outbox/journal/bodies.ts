import { crc32 } from "node:zlib";
import { describeCause } from "../../errors.js";
import type { HoldfastError } from "../../index.js";
import { storeError } from "../errors.js";
import type { OutboxStore } from "../store/store.js";
import { type DEADLINE, Deadline } from "./deadline.js";
import { type BodyHook, type JournalClock, REAL_CLOCK } from "./options.js";

/** What a head says of the body that belongs to it. */
export interface BodyFacts {
  readonly length: number;
  readonly crc: number;
  readonly encrypted: boolean;
}

/** A body as it goes to the disk. */
export interface SealedBody extends BodyFacts {
  readonly bytes: Uint8Array;
}

/** The way of bodies to the disk and back: the user's hooks, and the checksums. */
export class Bodies {
  private readonly store: OutboxStore;
  private readonly encrypt: BodyHook | undefined;
  private readonly decrypt: BodyHook | undefined;
  private readonly clock: JournalClock;
  private readonly deadline: Deadline;
  /** Of {@link forCommit}: `encrypt` has not settled in time. */
  private late: HoldfastError | undefined;

  constructor(
    store: OutboxStore,
    encrypt: BodyHook | undefined,
    decrypt: BodyHook | undefined,
    clock: JournalClock = REAL_CLOCK,
  ) {
    this.store = store;
    this.encrypt = encrypt;
    this.decrypt = decrypt;
    this.clock = clock;
    this.deadline = new Deadline(clock);
  }

  /** The same for one commit: when `encrypt` has once not settled in time, it is not asked for the others, so that a commit takes one deadline at the most. */
  forCommit(): Bodies {
    return new Bodies(this.store, this.encrypt, this.decrypt, this.clock);
  }

  /** @throws HoldfastError (rejects) `OUTBOX_FAILED`, operation `encrypt`; also when it has not settled after {@link DEADLINE} */
  seal(body: Uint8Array): SealedBody | Promise<SealedBody> {
    return this.encrypt ? this.encrypted(body, this.encrypt) : sealed(body, false);
  }

  /**
   * The body as it was before `encrypt`.
   *
   * @throws HoldfastError (rejects) `OUTBOX_FAILED`, operation `decode` (it is damaged), or `read` or `decrypt`: it may be readable later, also when it has not settled after {@link DEADLINE}
   */
  async read(id: number, facts: BodyFacts): Promise<Uint8Array> {
    const { path } = this.store;
    const what = `record ${id}`;
    let bytes: Uint8Array | undefined;
    try {
      bytes = await this.deadline.within(() => this.store.body(id), "the store");
    } catch (error) {
      throw storeError("read", path, error, `${what}: ${describeCause(error)}`);
    }
    const wrong = bytes instanceof Uint8Array ? differs(bytes, facts) : "it is missing";
    if (wrong) throw storeError("decode", path, undefined, `the body of ${what} is damaged: ${wrong}`);
    if (!facts.encrypted) return bytes!;
    try {
      const { decrypt } = this;
      if (!decrypt) throw new Error("it is encrypted, and there is no option decrypt");
      const plain = await this.deadline.within(() => decrypt(Uint8Array.from(bytes!)), "option decrypt");
      return Uint8Array.from(checked(plain, "decrypt"));
    } catch (error) {
      throw storeError("decrypt", path, error, `${what}: ${describeCause(error)}`);
    }
  }

  /** Whoever waits for a hook or a read does so no longer, and `encrypt` is not asked any more. */
  stop(): void {
    this.late ??= storeError("encrypt", this.store.path, undefined, "the outbox was closed");
    this.deadline.stop();
  }

  private async encrypted(body: Uint8Array, encrypt: BodyHook): Promise<SealedBody> {
    if (this.late) throw this.late;
    let isLate = false;
    const tooLate = () => {
      isLate = true;
    };
    try {
      // Copies: the hook may work in place, or give the same buffer every time, and both sides are still needed.
      const secret = await this.deadline.within(
        () => encrypt(Uint8Array.from(body)),
        "option encrypt",
        tooLate,
      );
      return sealed(Uint8Array.from(checked(secret, "encrypt")), true);
    } catch (cause) {
      const error = storeError("encrypt", this.store.path, cause);
      if (isLate) this.late = error;
      throw error;
    }
  }
}

function sealed(bytes: Uint8Array, encrypted: boolean): SealedBody {
  return { bytes, length: bytes.length, crc: crc32(bytes), encrypted };
}

function differs(bytes: Uint8Array, { length, crc }: BodyFacts): string | undefined {
  if (bytes.length !== length) return `it has ${bytes.length} bytes, not ${length}`;
  return crc32(bytes) === crc ? undefined : "its checksum is wrong";
}

function checked(bytes: unknown, name: string): Uint8Array {
  if (bytes instanceof Uint8Array) return bytes;
  throw new TypeError(`option ${name} has given ${typeof bytes}, not a Uint8Array`);
}
