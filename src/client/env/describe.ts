import { CodedError } from "../../errors.js";
import { readOptions, record } from "../option-checks.js";
import { optionError } from "../option-error.js";
import { defaultName } from "./default-name.js";
import { Environment, fileNamesOf, namesOf, sourceOf } from "./environment.js";
import { path } from "./kinds.js";
import { MASK, showPath, showSecretPath, showServers, showText } from "./show.js";
import { type Misspelling, misspellings } from "./unknown.js";
import type { Theme, Variable } from "./variable.js";
import { THEMES } from "./variables.js";

/** Options of {@link OptionsFromEnv.describe}. */
export interface DescribeEnvOptions {
  /** Show what is in force by these variables, such as `process.env`. Default: only what there is. */
  env?: Readonly<Record<string, string | undefined>>;
  /** `"text"` (default): for a terminal; `"markdown"`: tables, for pages. */
  format?: "text" | "markdown";
}

const CHECKS = {
  env: record,
  format: (value: unknown) =>
    value === "text" || value === "markdown" ? undefined : 'must be "text" or "markdown"',
};

const WITH_SERVERS: ReadonlySet<string> = new Set(["servers", "preferredServers"]);

/** The table of all variables. @throws CodedError `INVALID_OPTION` */
export function describe(given: unknown = {}): string {
  const { env, format }: DescribeEnvOptions = readOptions(given, { checks: CHECKS, refuse: optionError });
  const environment = env === undefined ? undefined : new Environment(env);
  const wrong = environment === undefined ? [] : misspellings(environment);
  return format === "markdown" ? toMarkdown(environment, wrong) : toText(environment, wrong);
}

function toText(environment: Environment | undefined, wrong: readonly Misspelling[]): string {
  const themes = (THEMES as readonly Theme[]).map(({ title, variables }) => {
    const rows = variables.map(
      (variable) => `  ${variable.name} (${variable.kind.name})\n      ${words(variable, environment)}`,
    );
    return `${title}\n${rows.join("\n")}`;
  });
  if (wrong.length > 0) {
    themes.push(
      `Not read\n${wrong.map(({ name, meant }) => `  ${showText(name)}: is ${meant} meant?`).join("\n")}`,
    );
  }
  return themes.join("\n\n");
}

function words(variable: Variable, environment: Environment | undefined): string {
  const parts = [plain(meaning(variable))];
  if (variable.standard !== undefined) parts.push(`default ${variable.standard}`);
  const value = environment === undefined ? undefined : inForce(variable, environment);
  if (value !== undefined) parts.push(`now ${value}`);
  return parts.join("; ");
}

function toMarkdown(environment: Environment | undefined, wrong: readonly Misspelling[]): string {
  const head =
    environment === undefined
      ? "| variable | meaning | value | default |\n|---|---|---|---|"
      : "| variable | meaning | value | default | in force |\n|---|---|---|---|---|";
  const themes = (THEMES as readonly Theme[]).map(({ title, variables }) => {
    const rows = variables.map((variable) => {
      const cells = [`\`${variable.name}\``, meaning(variable), variable.kind.name, variable.standard ?? ""];
      if (environment !== undefined) cells.push(inForce(variable, environment) ?? "");
      return `| ${cells.map(cell).join(" | ")} |`;
    });
    return `### ${title}\n\n${head}\n${rows.join("\n")}`;
  });
  if (wrong.length > 0) {
    const rows = wrong.map(({ name, meant }) => `- \`${cell(showText(name))}\`: is \`${meant}\` meant?`);
    themes.push(`### Not read\n\n${rows.join("\n")}`);
  }
  return themes.join("\n\n");
}

function meaning(variable: Variable): string {
  const quoted = (names: readonly string[]) => names.map((name) => `\`${name}\``).join(", ");
  const files = fileNamesOf(variable);
  const isPath = variable.kind === path;
  const also = [...namesOf(variable).slice(1), ...(isPath ? files : [])];
  const parts = [variable.doc];
  if (also.length > 0) parts.push(`also ${quoted(also)}`);
  if (files.length > 0 && !isPath) parts.push(`or from a file: ${quoted(files)}`);
  return parts.join("; ");
}

/** What a variable says, for everybody to see; what is refused says so. */
function inForce(variable: Variable, environment: Environment): string | undefined {
  try {
    const source = sourceOf(variable, environment);
    if (source === undefined)
      return variable.name === "NATS_NAME" ? showText(defaultName(environment)) : undefined;
    const { name, value, inFile } = source;
    const from = name === variable.name ? "" : ` (${name})`;
    if (inFile) return `${MASK} from ${showSecretPath(value)}${from}`;
    if (variable.secret === true) return `${MASK}${from}`;
    if (variable.kind === path) return `${showPath(value)}${from}`;
    if (variable.kind.parse(value) === undefined) return `refused: ${variable.kind.allowed}`;
    return `${WITH_SERVERS.has(variable.option) ? showServers(value) : showText(value)}${from}`;
  } catch (error) {
    if (error instanceof CodedError) return `refused: ${error.message}`;
    throw error;
  }
}

function plain(text: string): string {
  return text.replaceAll("`", "");
}

function cell(text: string): string {
  return text.replaceAll("|", "\\|");
}
