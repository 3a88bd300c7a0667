import { codedError } from "../../checks/coded-error.js";
import { stackless } from "../../errors.js";
import type { HoldfastError, Msg } from "../../index.js";
import type { Encoded } from "../work/codec.js";
import { oneLine } from "../work/plain-text.js";

/** A service has answered with an error (ADR-32): code `SERVICE_ERROR`, its text is the message. */
export interface ServiceError extends HoldfastError {
  /** The same for all errors of services: `serviceCode` tells them apart. */
  code: "SERVICE_ERROR";
  /** The service's own code, 500 when it has sent none that is a number. */
  serviceCode: number;
}

const TEXT = "Nats-Service-Error";
const CODE = "Nats-Service-Error-Code";
/** What services send is not ours: a text is kept up to here. */
const LONGEST_TEXT = 1000;

/** The error that an answer is; undefined when it is none. */
export function serviceErrorOf({ headers }: Msg, subject: string): ServiceError | undefined {
  if (headers === undefined) return undefined;
  const text = headers.get(TEXT);
  const code = headers.get(CODE);
  if (text === "" && code === "" && !headers.has(TEXT) && !headers.has(CODE)) return undefined;
  const serviceCode = /^\d{1,9}$/.test(code) ? Number(code) : 500;
  const what = oneLine(text, LONGEST_TEXT);
  const message = what === "" ? `the service of "${subject}" has answered with error ${serviceCode}` : what;
  const error = stackless(codedError, "SERVICE_ERROR", message, { subject });
  return Object.assign(error, { code: "SERVICE_ERROR" as const, serviceCode });
}

/** An answer under the subject that was asked, for errors that name it: its own is an inbox. */
export class Answer implements Encoded {
  readonly subject: string;
  private readonly msg: Msg;

  constructor(subject: string, msg: Msg) {
    this.subject = subject;
    this.msg = msg;
  }

  get data(): Uint8Array {
    return this.msg.data;
  }

  get headers(): Msg["headers"] {
    return this.msg.headers;
  }

  string(): string {
    return this.msg.string();
  }
}
