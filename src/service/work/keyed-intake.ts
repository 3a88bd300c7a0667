import { codedError } from "../../checks/coded-error.js";
import { stackless } from "../../errors.js";
import type { HoldfastError } from "../../index.js";
import type { Encoded } from "./codec.js";
import type { Decoder } from "./decoder.js";
import { Fifo } from "./fifo.js";
import { dismissPromise } from "./thenable.js";

/** A message that is to have a key. */
export interface Keyed<M extends Encoded> {
  readonly msg: M;
  /** What was decoded, when `isDecoded`. */
  data: unknown;
  isDecoded: boolean;
  key: string | undefined;
}

/** Where messages go that have a key, or that cannot have one. */
export interface KeyedIntakeHost<I> {
  admit(item: I): void;
  /** Codes `INVALID_MESSAGE`, `HANDLER_TIMEOUT`. */
  refuse(item: I, error: HoldfastError): void;
}

/**
 * Gives messages their keys, in the order in which they came: also where decoding takes a while, which is one message at a time then.
 */
export class KeyedIntake<M extends Encoded, I extends Keyed<M>> {
  private readonly decode: Decoder;
  private readonly key: (data: unknown, msg: M) => string;
  private readonly timeout: number;
  private readonly host: KeyedIntakeHost<I>;
  private readonly behind = new Fifo<I>();
  /** Its decoding has not settled. */
  private decoding: I | undefined;
  private isReading = false;

  /** @param timeout ms that decoding may take; 0: no limit */
  constructor(
    decode: Decoder,
    key: (data: unknown, msg: M) => string,
    timeout: number,
    host: KeyedIntakeHost<I>,
  ) {
    this.decode = decode;
    this.key = key;
    this.timeout = timeout;
    this.host = host;
  }

  /** Messages that wait for their key. */
  get waiting(): number {
    return this.behind.size + (this.decoding === undefined ? 0 : 1);
  }

  add(item: I): void {
    this.behind.push(item);
    this.read();
  }

  /** Takes all that wait for their key. */
  takeWaiting(): I[] {
    const { decoding } = this;
    this.decoding = undefined;
    const all = this.behind.takeAll();
    return decoding === undefined ? all : [decoding, ...all];
  }

  /** A loop and no recursion: a message may be handled, and the next one come, within the call. */
  private read(): void {
    if (this.isReading) return;
    this.isReading = true;
    try {
      while (this.decoding === undefined) {
        const item = this.behind.shift();
        if (item === undefined) break;
        this.readOne(item);
      }
    } finally {
      this.isReading = false;
    }
  }

  private readOne(item: I): void {
    let data: unknown;
    try {
      data = this.decode(item.msg);
    } catch (error) {
      return this.host.refuse(item, error as HoldfastError);
    }
    if (!(data instanceof Promise)) return this.decoded(item, data);
    this.decoding = item;
    const { timeout } = this;
    const expire = () => settle(() => this.host.refuse(item, tooSlow(item.msg, timeout)));
    const timer = timeout > 0 ? setTimeout(expire, timeout).unref() : undefined;
    const settle = (action: () => void) => {
      clearTimeout(timer);
      if (this.decoding !== item) return;
      this.decoding = undefined;
      action();
      this.read();
    };
    data.then(
      (decoded) => settle(() => this.decoded(item, decoded)),
      (error) => settle(() => this.host.refuse(item, error)),
    );
  }

  private decoded(item: I, data: unknown): void {
    const { msg } = item;
    let key: unknown;
    try {
      key = this.key(data, msg);
    } catch (cause) {
      return this.host.refuse(item, withoutKey(msg, "key() has failed", cause));
    }
    if (typeof key !== "string") {
      dismissPromise(key);
      return this.host.refuse(item, withoutKey(msg, "key() has returned no string"));
    }
    item.data = data;
    item.isDecoded = true;
    item.key = key;
    this.host.admit(item);
  }
}

function withoutKey({ subject }: Encoded, why: string, cause?: unknown): HoldfastError {
  const text = `the message on "${subject}" is invalid: ${why}`;
  return stackless(codedError, "INVALID_MESSAGE", text, { subject, cause });
}

function tooSlow({ subject }: Encoded, timeout: number): HoldfastError {
  const text = `the message on "${subject}" was not decoded within ${timeout} ms`;
  return stackless(codedError, "HANDLER_TIMEOUT", text, { subject });
}
