import { styleText } from "node:util";

/** Words of `util.styleText()` that commands use. */
export type Style = "bold" | "dim" | "red" | "green" | "yellow" | "cyan";

/** Puts a style on text, where its reader can see it. */
export type Paint = (style: Style, text: string) => string;

/** Text stays as it is. */
export const plain: Paint = (_, text) => text;

/** Colours for a terminal that wants them: `NO_COLOR` and `TERM=dumb` refuse them. */
export function paintFor(stream: { isTTY?: boolean }, variables: NodeJS.ProcessEnv = process.env): Paint {
  const { NO_COLOR: none, TERM: term } = variables;
  if (stream.isTTY !== true || (none !== undefined && none !== "") || term === "dumb") return plain;
  return coloured;
}

/** Newer versions of Node would ask standard output whether it wants colours. */
const DECIDED = { validateStream: false };

/** Colours in any case: who calls it knows that there is a terminal. */
export const coloured: Paint = (style, text) => styleText(style, text, DECIDED as never);
