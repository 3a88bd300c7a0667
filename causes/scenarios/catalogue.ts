import type { Scenario } from "../scenario.js";
import { AUTHENTICATION } from "./authentication.js";
import { CLIENT } from "./client.js";
import { LAME_DUCK } from "./lame-duck.js";
import { LOCAL_STALL } from "./local-stall.js";
import { NETWORK } from "./network.js";
import { OVERLOAD } from "./overload.js";
import { PAYLOAD } from "./payload.js";
import { PROTOCOL } from "./protocol.js";
import { REFUSED } from "./refused.js";
import { SERVER_SHUTDOWN } from "./server-shutdown.js";
import { SLOW_CONSUMER } from "./slow-consumer.js";
import { STALE } from "./stale.js";
import { TLS } from "./tls.js";
import { UNKNOWN } from "./unknown.js";

/** Every scenario, by its kind. */
export const SCENARIOS: readonly Scenario[] = [
  ...CLIENT,
  ...NETWORK,
  ...REFUSED,
  ...SERVER_SHUTDOWN,
  ...LAME_DUCK,
  ...STALE,
  ...SLOW_CONSUMER,
  ...OVERLOAD,
  ...AUTHENTICATION,
  ...TLS,
  ...PROTOCOL,
  ...PAYLOAD,
  ...LOCAL_STALL,
  ...UNKNOWN,
];
