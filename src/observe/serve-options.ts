import { invalidOption } from "../checks/invalid.js";
import { anObject, type Check, readOptions } from "../checks/read-options.js";
import {
  type DashboardOptions,
  type DashboardSettings,
  toDashboardSettings,
} from "./dashboard/dashboard-options.js";
import { type HealthOptions, type HealthSettings, JUDGING, withDefaults } from "./health-options.js";
import { isHostName } from "./http/host-check.js";
import { isLoopback } from "./http/loopback.js";
import type { MetricsRegister } from "./http/metrics-route.js";
import type { ServerSettings } from "./http/server.js";

/** Options of {@link serve}: those of health, and where it listens. */
export interface ServeOptions extends Omit<HealthOptions, "base"> {
  /** The port to listen on. Default 0: one that is free; what is returned tells it. */
  port?: number;
  /**
   * The address to listen on: `"0.0.0.0"` or `"::"` for all. Anything but a loopback address (or `localhost`) wants a `token`. Default
   * `"127.0.0.1"`: only this machine.
   */
  host?: string;
  /**
   * Who sends it as `Authorization: Bearer` sees everything; others see the status of `/health/live` and `/health/ready` (for the probes of
   * a kubelet), and 401. A browser opens `/dashboard?token=…` once. Letters, digits and `-._~+/=`; long and made by chance, such as
   * that of `openssl rand -hex 32`. Default: none, everybody who reaches the port sees everything.
   */
  token?: string;
  /**
   * Names by which the server is reached, beside `localhost` and IP addresses: what may stand in the Host header, without port. Requests under other names
   * get 403, since any web page could make them. Default: none.
   */
  allowedHosts?: readonly string[];
  /**
   * What `/metrics` answers: a register of prom-client, such as the one that was given to `registerMetrics()`, with everything else that is in it. Default:
   * the metrics of these connections, if prom-client is installed. `false`: 404.
   */
  metrics?:
    | false
    | {
        /** Whose metrics are served: a `Registry` of prom-client, or what has its `metrics()` and `contentType`. */
        register: MetricsRegister;
      };
  /** What the page at `/dashboard` shows; false: there is none. Default true. */
  dashboard?: boolean | DashboardOptions;
}

/** Options with their defaults. */
export interface ServeSettings {
  readonly server: ServerSettings;
  readonly health: HealthSettings;
  /** `"own"`: one is made for these connections. */
  readonly register: MetricsRegister | "own" | undefined;
  readonly dashboard: DashboardSettings | undefined;
}

const CHECKS: Record<keyof ServeOptions, Check> = {
  ...JUDGING,
  port: (value) =>
    Number.isInteger(value) && (value as number) >= 0 && (value as number) <= 65_535
      ? undefined
      : "must be an integer from 0 to 65535; 0 is any that is free",
  host: (value) =>
    typeof value === "string" && value !== "" ? undefined : "must be an address or a name of this machine",
  token: (value) =>
    typeof value === "string" && /^[A-Za-z0-9._~+/=-]+$/.test(value)
      ? undefined
      : "must be a string of letters, digits and -._~+/=, which is not empty",
  allowedHosts: (value) =>
    Array.isArray(value) && value.every((name) => typeof name === "string" && isHostName(name))
      ? undefined
      : "must be an array of names of hosts, without scheme, port and path",
  metrics: (value) =>
    value === false || isRegister((value as { register?: unknown } | null)?.register)
      ? undefined
      : NO_REGISTER,
  // What is in it is checked by toDashboardSettings().
  dashboard: (value) =>
    typeof value === "boolean" || anObject(value) === undefined
      ? undefined
      : "must be true, false or an object",
};

const NO_REGISTER = "must be false, or an object with a register of prom-client: { register }";

function isRegister(given: unknown): given is MetricsRegister {
  const register = given as MetricsRegister | null | undefined;
  return (
    typeof register === "object" &&
    register !== null &&
    typeof register.metrics === "function" &&
    typeof register.contentType === "string"
  );
}

/**
 * Checks the options of {@link serve} and fills in the defaults.
 *
 * @throws an error with code `INVALID_OPTION` and the option's name
 */
export function toServeSettings(given: unknown): ServeSettings {
  const options = readOptions<ServeOptions>(given, CHECKS);
  const {
    port = 0,
    host = "127.0.0.1",
    token,
    allowedHosts = [],
    metrics,
    dashboard = true,
    ...health
  } = options;
  if (token === undefined && !isLoopback(host)) {
    const what = `others than this machine can reach ${JSON.stringify(host)}`;
    throw invalidOption(
      "host",
      `wants option "token": ${what}; give a token, or leave host out to listen on 127.0.0.1`,
    );
  }
  return {
    server: { port, host, token, allowedHosts: [...allowedHosts] },
    health: withDefaults(health),
    register: metrics === false ? undefined : (metrics?.register ?? "own"),
    dashboard: dashboardOf(dashboard),
  };
}

function dashboardOf(given: boolean | DashboardOptions): DashboardSettings | undefined {
  return given === false ? undefined : toDashboardSettings(given === true ? undefined : given, "dashboard");
}
