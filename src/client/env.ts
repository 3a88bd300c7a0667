import { CodedError } from "../errors.js";
import { publicError } from "../interop/errors.js";
import { checkAll } from "./env/check.js";
import { defaultName } from "./env/default-name.js";
import { type DescribeEnvOptions, describe } from "./env/describe.js";
import { Environment } from "./env/environment.js";
import { copyOf, merge } from "./env/merge.js";
import { saidBy } from "./env/said.js";
import { warnOfMisspellings } from "./env/unknown.js";
import type { ConnectionOptions } from "./options.js";

/** The type of {@link optionsFromEnv}. */
export interface OptionsFromEnv {
  /**
   * Options from the environment, for {@link connect}. Every option that can be text has a variable: `NATS_` and its name, such as
   * `NATS_PING_INTERVAL`; `optionsFromEnv.describe()` prints all of them. What is not set, or empty, is left to `defaults`, and then to
   * the client. Durations are ms or have a unit (`500ms`, `2s`, `1m`), sizes are bytes or have one (`8MiB`, `10MB`).
   *
   * | variable | what |
   * |---|---|
   * | `NATS_SERVERS` | servers, separated by commas; without it `NATS_URL`, as the command `nats` has it |
   * | `NATS_NAME` | name of the client; default: that of `defaults`, else `service-host`: name of the service (`OTEL_SERVICE_NAME`, else the package's, else the program's) and of the host |
   * | `NATS_TOKEN` | token |
   * | `NATS_USER`, `NATS_PASS` | user and password; without it `NATS_PASSWORD`, as the command `nats` has it |
   * | `NATS_CREDS` | path of a creds file |
   * | `NATS_NKEY` | seed of an NKey, or the path of a file with it |
   * | `NATS_CA`, `NATS_CERT`, `NATS_KEY` | paths of PEM files: authorities, client certificate, its key; any of them demands TLS |
   * | `NATS_TOKEN_FILE`, `NATS_USER_FILE`, `NATS_PASS_FILE`, … | path of a file with it instead, for mounted secrets; one line end at its end does not count |
   *
   * Files are read now, to find mistakes, and anew at every attempt (but for `NATS_TLS_PASSPHRASE_FILE`, which is read now).
   *
   * Variables that look like a misspelling of one of these are told by a process warning with code `HOLDFAST_ENV_UNKNOWN`, once each;
   * others that begin with `NATS_` belong to somebody else.
   *
   * @param env default: `process.env`
   * @param defaults what holds where the environment says nothing, and what cannot be text, such as callbacks. Who we are, the servers,
   *   and `backoff` against `reconnectTimeWait` are replaced as a whole by what the environment says of them; `tls`, `backoff`,
   *   `failback`, `pendingLimit` and `websocket` are merged one by one.
   * @throws an error with code `INVALID_OPTION`, the name of the variable (or of the default) in text and `option`, and no secret;
   *   `INVALID_ARGUMENT` when `env` is no object
   */
  (env?: Readonly<Record<string, string | undefined>>, defaults?: ConnectionOptions): ConnectionOptions;
  /**
   * The table of all variables, for `--help` and for pages: what each means, what it may say, its default. With `env` also what is in force,
   * or why it is refused, and variables that look like a misspelling; secrets are masked, servers shown without their credentials.
   *
   * @throws an error with code `INVALID_OPTION`
   */
  describe(options?: DescribeEnvOptions): string;
}

function read(env: unknown, defaults: unknown): ConnectionOptions {
  const environment = new Environment(env);
  const base = copyOf(defaults);
  const { options, origins } = saidBy(environment);
  const merged = merge(base, options);
  merged.name ??= defaultName(environment);
  checkAll(merged, origins);
  warnOfMisspellings(environment);
  return merged;
}

/** Throws what users see. */
function publicly<T>(action: () => T): T {
  try {
    return action();
  } catch (error) {
    throw error instanceof CodedError ? publicError(error) : error;
  }
}

/** Options from the environment: see {@link OptionsFromEnv}. */
export const optionsFromEnv: OptionsFromEnv = Object.assign(
  (env: Readonly<Record<string, string | undefined>> = process.env, defaults?: ConnectionOptions) =>
    publicly(() => read(env, defaults)),
  { describe: (options?: DescribeEnvOptions) => publicly(() => describe(options)) },
);
