import type { DropReason } from "../../core/books.js";
import type { CauseKind } from "../../core/cause.js";
import type { EngineEvent } from "../../core/events.js";
import { isLegal, type State } from "../../core/lifecycle.js";
import type { OverflowDecision } from "../../core/overflow.js";
import { SERVER_ERRORS } from "../../core/server-errors.js";
import { counts, Kind } from "../../wire/frame.js";
import { ACTIONS, ENDINGS, FAULTS } from "./profile.js";
import { GREETINGS } from "./server-setup.js";
import { TLS_OUTCOMES } from "./tls.js";

/** In a campaign of so many seeds whatever can happen must have happened. */
export const ENOUGH_SEEDS = 2000;

// Records and not lists: a member that is new to one of these types does not compile until it is here.

const STATES = Object.keys({
  disconnected: true,
  connecting: true,
  connected: true,
  reconnecting: true,
  closed: true,
} satisfies Record<State, true>) as State[];

const EVENTS = Object.keys({
  state: true,
  connect: true,
  disconnect: true,
  reconnecting: true,
  attemptFailed: true,
  reconnect: true,
  update: true,
  serverInfo: true,
  lameDuck: true,
  move: true,
  spare: true,
  error: true,
  stale: true,
  messageLost: true,
  overflow: true,
  buffer: true,
  ping: true,
  writable: true,
  close: true,
} satisfies Record<EngineEvent["type"], true>);

const DROP_REASONS = Object.keys({
  "max-payload": true,
  headers: true,
  closed: true,
  "drop-oldest": true,
  "drop-newest": true,
  ttl: true,
  poison: true,
  pull: true,
  timeout: true,
  unsent: true,
  kept: true,
} satisfies Record<DropReason, true>);

const DECISIONS = Object.keys({
  reject: true,
  "drop-oldest": true,
  "drop-newest": true,
  taken: true,
  pass: true,
} satisfies Record<OverflowDecision, true>);

/** By which events each kind of cause must have been told. */
const CAUSES: Record<CauseKind, readonly ("disconnect" | "attemptFailed")[]> = {
  client: ["disconnect"],
  network: ["disconnect", "attemptFailed"],
  refused: ["attemptFailed"],
  "server-shutdown": ["disconnect", "attemptFailed"],
  "lame-duck": ["disconnect"],
  stale: ["disconnect", "attemptFailed"],
  "slow-consumer": ["disconnect"],
  overload: ["disconnect", "attemptFailed"],
  authentication: ["disconnect", "attemptFailed"],
  tls: ["attemptFailed"],
  protocol: ["disconnect", "attemptFailed"],
  payload: ["disconnect"],
  "local-stall": ["disconnect"],
  unknown: ["disconnect", "attemptFailed"],
};

const KINDS = Object.entries(Kind).flatMap(([name, kind]) => (counts(kind) ? [name] : []));

/** All that must happen in a campaign, by the groups of `Coverage`; an entry that never does fails the campaign. */
export const EXPECTED: Readonly<Record<string, readonly string[]>> = {
  accepted: KINDS,
  action: ACTIONS,
  audit: ["subscriptions compared"],
  cause: Object.entries(CAUSES).flatMap(([kind, events]) => events.map((event) => `${event} ${kind}`)),
  duplicate: ["Data", "SafeRequest"],
  ending: [...ENDINGS, "at rest"],
  event: EVENTS,
  fault: FAULTS,
  fence: ["confirmed", "refused", "dropped", "unconfirmed", "closed"],
  greeting: GREETINGS,
  link: ["restored", "joined", "followed", "died", "left"],
  move: ["lame-duck", "reconnect", "servers", "failback"],
  name: ["leads elsewhere", "leads nowhere"],
  outcome: ["confirmed", "refused", "unconfirmed", ...DROP_REASONS.map((reason) => `dropped:${reason}`)],
  overflow: DECISIONS,
  probe: ["first", "anew"],
  publishConfirmed: ["confirmed", "refused", "dropped", "taken", "unconfirmed"],
  reaction: [
    "publish",
    "unsubscribe",
    "other",
    "max",
    "drain",
    "subscribe",
    "request",
    "fence",
    "reconnect",
    "close",
  ],
  rejected: [
    "BUFFER_FULL",
    "CONNECTION_CLOSED",
    "CONNECTION_DRAINING",
    "DISCONNECTED",
    "HEADERS_UNSUPPORTED",
    "MAX_PAYLOAD_EXCEEDED",
    "MAX_PENDING_EXCEEDED",
  ],
  replayed: ["Data", "SafeRequest"],
  request: [
    "reply",
    "no-responders",
    "TIMEOUT",
    "CONNECTION_CLOSED",
    "CONNECTION_LOST",
    "CONNECTION_LOST:maybe",
    "PERMISSIONS_VIOLATION",
    "safe:reply",
    "safe:TIMEOUT",
    "safe:CONNECTION_CLOSED",
  ],
  "server error": SERVER_ERRORS.map(({ prefix }) => prefix),
  spare: [
    ...["standby", "failback"].flatMap((purpose) =>
      ["dialled", "ready", "lost", "joined", "restored"].map((what) => `${purpose} ${what}`),
    ),
    "failback by the standby's link",
  ],
  subscription: ["ended", "PERMISSIONS_VIOLATION"],
  tls: TLS_OUTCOMES,
  transition: STATES.flatMap((from) => STATES.filter((to) => isLegal(from, to)).map((to) => `${from}→${to}`)),
};
