import { crc32 } from "node:zlib";
import { storeError } from "../errors.js";
import type { OutboxStore } from "../store/store.js";
import type { BodyHook } from "./options.js";

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

  constructor(store: OutboxStore, encrypt: BodyHook | undefined, decrypt: BodyHook | undefined) {
    this.store = store;
    this.encrypt = encrypt;
    this.decrypt = decrypt;
  }

  /** @throws HoldfastError (rejects) `OUTBOX_FAILED`, operation `encrypt` */
  seal(body: Uint8Array): SealedBody | Promise<SealedBody> {
    return this.encrypt ? this.encrypted(body, this.encrypt) : sealed(body, false);
  }

  /**
   * The body as it was before `encrypt`.
   *
   * @throws HoldfastError (rejects) `OUTBOX_FAILED`, operation `read` (it may be readable later), `decode` or `decrypt`
   */
  async read(id: number, facts: BodyFacts): Promise<Uint8Array> {
    const { path } = this.store;
    let bytes: Uint8Array | undefined;
    try {
      bytes = await this.store.body(id);
    } catch (error) {
      throw storeError("read", path, error);
    }
    const wrong = bytes instanceof Uint8Array ? differs(bytes, facts) : "it is missing";
    if (wrong) throw storeError("decode", path, undefined, `the body of record ${id} is damaged: ${wrong}`);
    if (!facts.encrypted) return bytes!;
    try {
      if (!this.decrypt) throw new Error("it is encrypted, and there is no option decrypt");
      return Uint8Array.from(checked(await this.decrypt(Uint8Array.from(bytes!)), "decrypt"));
    } catch (error) {
      throw storeError("decrypt", path, error);
    }
  }

  private async encrypted(body: Uint8Array, encrypt: BodyHook): Promise<SealedBody> {
    try {
      // Copies: the hook may work in place, or give the same buffer every time, and both sides are still needed.
      return sealed(Uint8Array.from(checked(await encrypt(Uint8Array.from(body)), "encrypt")), true);
    } catch (error) {
      throw storeError("encrypt", this.store.path, error);
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
