import type { Target } from "./target.js";
import { address } from "./targets/address.js";
import { calls } from "./targets/calls.js";
import { client } from "./targets/client.js";
import { clientBytes } from "./targets/client-bytes.js";
import { doctorTarget } from "./targets/doctor.js";
import { encoder } from "./targets/encoder.js";
import { engine } from "./targets/engine.js";
import { headers } from "./targets/headers.js";
import { info } from "./targets/info.js";
import { options } from "./targets/options.js";
import { parser } from "./targets/parser.js";
import { serverErrors } from "./targets/server-error.js";
import { subject } from "./targets/subject.js";

/** All that is fuzzed. */
export const TARGETS: readonly Target[] = [
  parser,
  info,
  serverErrors,
  headers,
  subject,
  address,
  options,
  encoder,
  engine,
  client,
  calls,
  doctorTarget,
  clientBytes,
];
