import type { Msg } from "../index.js";
import { ErrorCode } from "./error-codes.js";
import { ofStatus } from "./errors.js";
import type { NatsError } from "./nats-error.js";

/** Statuses of this text end what asked for messages; others only say that there are none for now. */
const TERMINAL_409 = [
  "exceeded maxrequestbatch of",
  "exceeded maxrequestexpires of",
  "exceeded maxrequestmaxbytes of",
  "message size exceeds maxbytes",
  "consumer is push based",
  "consumer deleted",
];

/** The error that a message without payload means, such as "no messages"; null when it is a message. */
export function checkJsError(msg: Msg): NatsError | null {
  const { headers } = msg;
  return msg.data.length > 0 || headers === undefined ? null : ofStatus(headers.code, headers.description);
}

/** Whether the server looks after the pace of a consumer with it: it is no message. */
export function isFlowControlMsg(msg: Msg): boolean {
  const code = msg.headers?.code ?? 0;
  return msg.data.length === 0 && code >= 100 && code < 200;
}

/** Whether a consumer says with it that it lives: it is no message. */
export function isHeartbeatMsg(msg: Msg): boolean {
  return isFlowControlMsg(msg) && msg.headers?.description === "Idle Heartbeat";
}

/** Whether an error ends what asked for messages. */
export function isTerminal({ code, message }: NatsError): boolean {
  if (code === ErrorCode.JetStream404NoMessages || code === ErrorCode.JetStream408RequestTimeout)
    return false;
  return code !== ErrorCode.JetStream409 || TERMINAL_409.some((text) => message.includes(text));
}
