import type { Rule } from "../rule.js";
import { BUFFERS } from "./buffers.js";
import { LIVENESS } from "./liveness.js";
import { LOOKING } from "./looking.js";
import { PATIENCE } from "./patience.js";
import { PUBLISHING } from "./publishing.js";
import { RETRYING } from "./retrying.js";
import { SECURITY } from "./security.js";
import { SERVERS } from "./servers.js";
import { SHUTDOWN } from "./shutdown.js";

/** All rules, by theme. */
export const RULES: readonly Rule[] = [
  ...SECURITY,
  ...SERVERS,
  ...RETRYING,
  ...PATIENCE,
  ...LIVENESS,
  ...BUFFERS,
  ...SHUTDOWN,
  ...PUBLISHING,
  ...LOOKING,
];
