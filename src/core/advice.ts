import { CodedError, type ErrorCode } from "../errors.js";
import type { CauseKind } from "./cause.js";
import {
  ofLameDuck,
  ofRefused,
  ofShutdown,
  ofSlowConsumer,
  ofStale,
  ofStall,
} from "./causes/advice-of-ends.js";
import { ofNetwork } from "./causes/advice-of-network.js";
import { ofAuthentication, ofOverload, ofPayload, ofProtocol, ofTls } from "./causes/advice-of-refusals.js";
import type { LinkFacts } from "./causes/facts.js";

/** The page of the guide about a kind of end, as it lies in the package. */
export function docsOf(kind: CauseKind): string {
  return `docs/causes/${kind}.md`;
}

/** What an advice may depend on beside the kind. */
export interface Ended {
  readonly code: ErrorCode;
  readonly error: Error;
  readonly facts: LinkFacts;
}

/** What to do, the most likely first. Nothing in it is a server's, or the application's, but `host:port` and numbers. */
export type Advice = (ended: Ended) => Iterable<string>;

const ADVICE: Readonly<Record<CauseKind, Advice>> = {
  client: ({ error }) =>
    !(error instanceof CodedError) || error.detail.byApplication !== true
      ? [
          'repair what the message names, a function of your own (option "dialer" or "websocket.headers"): it failed',
        ]
      : [],
  network: ofNetwork,
  refused: ofRefused,
  "server-shutdown": ofShutdown,
  "lame-duck": ofLameDuck,
  stale: ofStale,
  "slow-consumer": ofSlowConsumer,
  overload: ofOverload,
  authentication: ofAuthentication,
  tls: ofTls,
  protocol: ofProtocol,
  payload: ofPayload,
  "local-stall": ofStall,
  unknown: () => [
    "look at the server's log at this time: it has the reason in full",
    "if the server is newer than this version of holdfast, update holdfast: then it may know what the server says",
  ],
};

/** What to do about an end of this kind. */
export function adviceOf(kind: CauseKind, code: ErrorCode, error: Error, facts: LinkFacts): string[] {
  return [...ADVICE[kind]({ code, error, facts })];
}
