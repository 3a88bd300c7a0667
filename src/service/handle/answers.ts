import { codedError } from "../../checks/coded-error.js";
import {
  type HoldfastError,
  isHoldfastError,
  type Msg,
  type Payload,
  type PublishOptions,
} from "../../index.js";
import type { WholeCodec } from "../work/codec.js";
import { errorLine } from "../work/plain-text.js";
import { serviceError, serviceErrorHeaders } from "./service-error.js";

/** What an encoder throws is kept up to here. */
const LONGEST_REASON = 1000;

/** Answers the messages that want an answer. */
export class Answers {
  private readonly codec: WholeCodec | undefined;
  private readonly report: (error: Error) => void;

  /** @param codec undefined: nothing is answered */
  constructor(codec: WholeCodec | undefined, report: (error: Error) => void) {
    this.codec = codec;
    this.report = report;
  }

  /** Answers with what the handler has returned; the error when that cannot be encoded. */
  answer(msg: Msg, value: unknown): HoldfastError | undefined {
    const { codec } = this;
    if (codec === undefined) return undefined;
    // Without an answer in it, this looks at no subject: most messages want none.
    if (value === undefined) {
      this.respond(msg, undefined);
      return undefined;
    }
    if (msg.reply === undefined || msg.reply === "") return undefined;
    let payload: Payload;
    try {
      payload = codec.encode(value);
    } catch (cause) {
      const { subject } = msg;
      const text = `the handler of "${subject}" has returned what cannot be encoded: ${errorLine(cause, LONGEST_REASON)}`;
      return codedError("HANDLER_FAILED", text, { subject, cause });
    }
    this.respond(msg, payload);
    return undefined;
  }

  /** Answers with an error (ADR-32). */
  fail(msg: Msg, error: HoldfastError): void {
    if (this.codec === undefined || msg.reply === undefined || msg.reply === "") return;
    // There is no connection to answer by.
    if (error.code === "CONNECTION_CLOSED") return;
    this.respond(msg, undefined, { headers: serviceErrorHeaders(serviceError(error)) });
  }

  private respond(msg: Msg, payload: Payload | undefined, options?: PublishOptions): void {
    try {
      msg.respond(payload, options);
    } catch (error) {
      this.report(error as Error);
      if (isHoldfastError(error) && error.code === "MAX_PAYLOAD_EXCEEDED" && options === undefined) {
        const told = { code: 500, text: "the answer is too large" };
        this.respond(msg, undefined, { headers: serviceErrorHeaders(told) });
      }
    }
  }
}
