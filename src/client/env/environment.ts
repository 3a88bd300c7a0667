import { CodedError, describeCause } from "../../errors.js";
import { path } from "./kinds.js";
import type { Variable } from "./variable.js";

/** What Kubernetes says of a service, such as `NATS_LOCAL_PORT=tcp://10.0.0.7:4222` of one called nats-local: nobody has set it for us. */
const SERVICE_LINK = /^(?:tcp|udp|sctp):\/\//;

const KIB = 1024;
/** Most bytes of a variable: far more than any server takes. */
const MOST = 64 * KIB;

/** The variables that a program was started with. */
export class Environment {
  private readonly all: Readonly<Record<string, string | undefined>>;

  /** @throws CodedError `INVALID_ARGUMENT` */
  constructor(all: unknown) {
    if (typeof all !== "object" || all === null) {
      throw new CodedError("INVALID_ARGUMENT", "the environment must be an object with strings");
    }
    this.all = all as Record<string, string | undefined>;
  }

  /** What the variable says; undefined when it is not set, or empty. @throws CodedError `INVALID_OPTION` */
  get(name: string): string | undefined {
    const value: unknown = this.all[name];
    if (value === undefined || value === "") return undefined;
    if (typeof value !== "string") throw refuse(name, "must be a string");
    if (name.endsWith("_PORT") && SERVICE_LINK.test(value)) return undefined;
    return value;
  }

  /** The first of these that is set. */
  first(names: readonly string[]): string | undefined {
    return names.find((name) => this.get(name) !== undefined);
  }

  /** Names of all that are set. */
  names(): string[] {
    return Object.keys(this.all).filter((name) => this.all[name] !== undefined && this.all[name] !== "");
  }
}

/** Where a variable's value is from. */
export interface Source {
  /** The variable that says it, in the environment. */
  readonly name: string;
  readonly value: string;
  /** The value is the path of a file in which it stands. */
  readonly inFile: boolean;
}

/** The names of a variable: its own, then those of other programs. */
export function namesOf({ name, also = [] }: Variable): string[] {
  return [name, ...also];
}

/** The names of the variables that say in which file it stands; of what is the path of a file anyway, a longer name. */
export function fileNamesOf(variable: Variable): string[] {
  return isFile(variable) ? namesOf(variable).map((name) => `${name}_FILE`) : [];
}

function isFile({ file, kind }: Variable): boolean {
  return file === true || kind === path;
}

/**
 * Who says what a variable says; undefined when nobody does.
 *
 * @throws CodedError `INVALID_OPTION` when both the variable and its file do, and when it is too long
 */
export function sourceOf(variable: Variable, environment: Environment): Source | undefined {
  const plain = environment.first(namesOf(variable));
  const file = environment.first(fileNamesOf(variable));
  if (plain !== undefined && file !== undefined) throw refuse(plain, `and ${file} exclude each other`);
  const name = plain ?? file;
  if (name === undefined) return undefined;
  const value = environment.get(name)!;
  const { most = MOST } = variable;
  if (Buffer.byteLength(value) > most) throw refuse(name, `must have ${most / KIB} KiB at most`);
  return { name, value, inFile: plain === undefined && variable.kind !== path };
}

/** An error that names a variable of the environment. */
export function refuse(variable: string, why: string, cause?: unknown): CodedError {
  return new CodedError("INVALID_OPTION", `environment variable ${variable} ${why}`, {
    option: variable,
    cause,
  });
}

/** Names the variable in what goes wrong with its value. */
export function named<T>(variable: string, check: () => T): T {
  try {
    return check();
  } catch (cause) {
    throw refuse(variable, `is wrong: ${describeCause(cause)}`, (cause as Error).cause);
  }
}
