import { createRequire } from "node:module";
import { missingPackage } from "../../checks/missing-package.js";
import type { MetricsRegister } from "../http/metrics-route.js";

/** Where metrics are registered: what is used of a `Registry` of prom-client. */
export interface PrometheusRegister extends MetricsRegister {
  /** Adds a metric; throws when there is one with its name. */
  registerMetric(metric: unknown): void;
  /** The metric with this name; undefined when there is none. */
  getSingleMetric(name: string): unknown;
  /** Removes the metric with this name; does nothing when there is none. */
  removeSingleMetric(name: string): void;
}

const METHODS = ["registerMetric", "getSingleMetric", "removeSingleMetric", "metrics"] as const;

/** Whether it can be registered with: by its methods, since a program may have several copies of prom-client. */
export function isRegister(given: unknown): given is PrometheusRegister {
  const register = given as PrometheusRegister | null | undefined;
  return (
    typeof register === "object" &&
    register !== null &&
    METHODS.every((name) => typeof register[name] === "function")
  );
}

const NAME = "prom-client";

/**
 * The register that prom-client itself has, from where Holdfast is installed. Loaded when it is asked for: `holdfast/observe` needs no
 * prom-client.
 *
 * @throws an error with code `PACKAGE_MISSING` that says what to install
 */
export function defaultRegister(load: (name: string) => unknown = loadPackage): PrometheusRegister {
  let loaded: unknown;
  try {
    loaded = load(NAME);
  } catch (cause) {
    throw missing(cause);
  }
  const { register } = loaded as { register?: unknown };
  if (!isRegister(register)) throw missing(undefined);
  return register;
}

/**
 * A register of its own, empty; undefined where prom-client is not installed.
 *
 * @param load loads a package by its name
 */
export function freshRegister(load: (name: string) => unknown = loadPackage): PrometheusRegister | undefined {
  try {
    const { Registry } = load(NAME) as { Registry: new () => unknown };
    const register = new Registry();
    return isRegister(register) ? register : undefined;
  } catch {
    return undefined;
  }
}

function missing(cause: unknown): Error {
  const text = `registerMetrics() needs the package ${NAME} 15: npm install ${NAME}, or give a register of your own (option "register")`;
  return missingPackage(text, cause);
}

/** In a bundle there may be no URL of this file; then there is no package either. */
function loadPackage(name: string): unknown {
  return createRequire(import.meta.url)(name);
}
