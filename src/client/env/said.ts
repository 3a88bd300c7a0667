import type { ConnectionOptions } from "../options.js";
import { type Environment, named, refuse, sourceOf } from "./environment.js";
import { identityFrom } from "./identity.js";
import { secretFile } from "./secret-file.js";
import type { Variable } from "./variable.js";
import { VARIABLES } from "./variables.js";

/** What an environment says. */
export interface Said {
  readonly options: ConnectionOptions;
  /** The variable that has said it, by option: `backoff.initial`. */
  readonly origins: ReadonlyMap<string, string>;
}

const WHO = new Set(["token", "user", "pass", "authenticator"]);

/**
 * The options that the environment sets; ranges and contradictions are looked at later, with all options together.
 *
 * @throws CodedError `INVALID_OPTION` with the name of the variable, and no secret
 */
export function saidBy(environment: Environment): Said {
  const origins = new Map<string, string>();
  const options: Record<string, unknown> = { ...identityFrom(environment) };
  // Some that hold others come first: what stands in them is set afterwards.
  for (const variable of VARIABLES) {
    const source = sourceOf(variable, environment);
    if (source === undefined) continue;
    const { option } = variable;
    origins.set(option, source.name);
    if (WHO.has(option)) continue;
    const text = source.inFile ? named(source.name, () => secretFile(source.value).read()) : source.value;
    put(options, origins, variable, parsed(variable, source.name, text));
  }
  return { options, origins };
}

function parsed(variable: Variable, name: string, text: string): unknown {
  const value = variable.kind.parse(text);
  if (value === undefined) throw refuse(name, variable.kind.allowed);
  return value;
}

function put(
  options: Record<string, unknown>,
  origins: ReadonlyMap<string, string>,
  { name, option }: Variable,
  value: unknown,
): void {
  const [outer, inner] = option.split(".");
  if (inner === undefined) {
    options[outer] = outer === "tls" ? tls(value) : outer === "failback" ? failback(value) : value;
    return;
  }
  if (outer in options && !isRecord(options[outer])) {
    throw refuse(origins.get(outer)!, `false and ${name} exclude each other`);
  }
  options[outer] = { ...(options[outer] as object | undefined), [inner]: value };
}

function isRecord(value: unknown): boolean {
  return typeof value === "object" && value !== null;
}

/** TLS, or no link; or never TLS. */
function tls(wanted: unknown): object | null {
  return wanted === true ? {} : null;
}

/** On with the defaults, or off. */
function failback(wanted: unknown): object | false {
  return wanted === true ? {} : false;
}
