import { isAbsolute, join } from "node:path";
import { closest, distance } from "fastest-levenshtein";
import { WrongUse } from "../outbox/ended.js";
import { printable } from "../outbox/inspect.js";
import { contextFolder, knownContexts } from "./places.js";
import { readSmall } from "./read-small.js";

/** A context as its file has it. */
export interface Context {
  /** For people: in quotes, with nothing that a terminal would obey. */
  readonly name: string;
  readonly file: string;
  readonly fields: Readonly<Record<string, unknown>>;
}

/**
 * Reads a context of the `nats` command.
 *
 * @param name its name, or the absolute path of its file
 * @throws WrongUse naming what is wrong, and the contexts that there are
 */
export function readContext(name: string, variables: NodeJS.ProcessEnv): Context {
  const shown = `"${printable(name)}"`;
  const file = isAbsolute(name) ? name : fileOf(name, variables);
  const where = `context ${shown}: ${printable(file)}`;
  let text: string;
  try {
    text = readSmall(file);
  } catch (cause) {
    const { code, message } = cause as NodeJS.ErrnoException;
    if (code === "ENOENT") throw new WrongUse(`there is no context ${shown}${instead(name, variables)}`);
    throw new WrongUse(`${where} cannot be read: ${code ?? message}`);
  }
  return { name: shown, file, fields: parse(text, where) };
}

function fileOf(name: string, variables: NodeJS.ProcessEnv): string {
  if (/[/\\]|\.\./.test(name)) {
    throw new WrongUse(
      `"${printable(name)}" is no name of a context: it must have no slash and no ".." in it, or be an absolute path`,
    );
  }
  return join(contextFolder(variables), "context", `${name}.json`);
}

/** What JSON.parse() says has a piece of the text in it, which may be a password. */
function parse(text: string, where: string): Record<string, unknown> {
  let fields: unknown;
  try {
    fields = JSON.parse(text.replace(/^\uFEFF/, ""));
  } catch {
    throw new WrongUse(`${where} is no JSON`);
  }
  if (typeof fields !== "object" || fields === null || Array.isArray(fields))
    throw new WrongUse(`${where} is no JSON object`);
  return fields as Record<string, unknown>;
}

function instead(name: string, variables: NodeJS.ProcessEnv): string {
  const known = knownContexts(variables);
  if (known.length === 0) {
    return `: ${printable(join(contextFolder(variables), "context"))} has none; "nats context add" makes one`;
  }
  const near = closest(name, known);
  const hint = distance(name, near) <= Math.ceil(name.length / 3) ? `; did you mean ${printable(near)}?` : "";
  const some = known
    .slice(0, 20)
    .map((each) => printable(each))
    .join(", ");
  return `; known are ${some}${known.length > 20 ? `, and ${known.length - 20} more` : ""}${hint}`;
}
