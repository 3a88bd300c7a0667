import { invalidOption } from "../checks/invalid.js";
import { anObject, type Check, numberOf, oneOf, readOptions } from "../checks/read-options.js";

/** When a process is ready to get work. */
export interface ReadinessOptions {
  /**
   * `"default"`: connected, or in an outage that is younger than `grace` while the buffer is below `buffer`: what is published meanwhile is
   * kept, and a pod that is taken out of service for a blip helps nobody. `"strict"`: connected now. `"consumer"`, for processes that
   * get their work from NATS: connected or within `grace`, and no subscription drops messages; the buffer is not looked at.
   * In none of them a connection that never stood, is draining, or is closed. Default `"default"`.
   */
  mode?: "default" | "strict" | "consumer";
  /** ms that an outage may last. Not with `"strict"`. Default 30,000. */
  grace?: number;
  /**
   * How full the buffer may be in an outage, 0 to 1, of the nearest limit (`reconnectBufSize`, `maxBufferedMessages`). A connection that
   * buffers nothing (`reconnectBufSize: -1`) is not ready in an outage. Only with `"default"`. Default 0.8.
   */
  buffer?: number;
}

/** How health is judged. */
export interface HealthOptions {
  /** What stands before `/health` in the URLs that the handler gets, such as `/api`. Default: nothing. */
  base?: string;
  /** When the process is ready. */
  readiness?: ReadinessOptions;
  /**
   * `"process"`: live as long as the process answers. `"connection"`: not live once a connection was closed by an error: it does not
   * come back, and a restart of the process is what helps. Neither depends on a server. Default `"process"`.
   */
  liveness?: "process" | "connection";
  /** ms that the round trip of `/health/nats` may take, 1 to 60,000. Default 2,000. */
  deadline?: number;
  /**
   * ms for which the result of a round trip is good for other requests to `/health/nats`, while the connection stands. Default 0: only for
   * those that come while it is under way.
   */
  maxAge?: number;
}

/** Options with their defaults. */
export interface HealthSettings {
  readonly base: string;
  readonly readiness: Readonly<Required<ReadinessOptions>>;
  readonly liveness: "process" | "connection";
  readonly deadline: number;
  readonly maxAge: number;
}

const DAY = 86_400_000;
const ms = (min: number, max: number) => numberOf("milliseconds", min, max);

const READINESS: Record<keyof ReadinessOptions, Check> = {
  mode: oneOf("default", "strict", "consumer"),
  grace: ms(0, DAY),
  buffer: numberOf("parts", 0, 1),
};

/** Checks of all options but `base`: `serve()` has them, too. */
export const JUDGING: Record<Exclude<keyof HealthOptions, "base">, Check> = {
  readiness: anObject,
  liveness: oneOf("process", "connection"),
  deadline: ms(1, 60_000),
  maxAge: ms(0, DAY),
};

const CHECKS: Record<keyof HealthOptions, Check> = {
  ...JUDGING,
  base: (value) =>
    typeof value === "string" && /^(?:\/[^/?#%\s]+)*$/.test(value)
      ? undefined
      : 'must be a path such as "/api": with a slash at its beginning, and none at its end',
};

/**
 * Checks the options of {@link healthHandler} and fills in the defaults.
 *
 * @throws an error with code `INVALID_OPTION` and the option's name
 */
export function toHealthSettings(given: unknown): HealthSettings {
  return withDefaults(readOptions<HealthOptions>(given, CHECKS));
}

/**
 * The same for options that were checked but for what is in `readiness`.
 *
 * @throws an error with code `INVALID_OPTION` and the option's name
 */
export function withDefaults(options: HealthOptions): HealthSettings {
  const { base = "", liveness = "process", deadline = 2_000, maxAge = 0 } = options;
  const readiness = readOptions<ReadinessOptions>(options.readiness, READINESS, "readiness");
  const { mode = "default", grace = 30_000, buffer = 0.8 } = readiness;
  const pointless =
    mode === "strict" && readiness.grace !== undefined
      ? "grace"
      : mode !== "default" && readiness.buffer !== undefined
        ? "buffer"
        : undefined;
  if (pointless !== undefined)
    throw invalidOption(`readiness.${pointless}`, `is not looked at with readiness.mode "${mode}"`);
  return { base, readiness: { mode, grace, buffer }, liveness, deadline, maxAge };
}
