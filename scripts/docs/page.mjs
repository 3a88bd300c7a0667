import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { root } from "../lib/paths.mjs";
import { Docstrings } from "./docstrings.mjs";
import { codeDoc, codeTable } from "./errors.mjs";
import { events } from "./events.mjs";
import { listening, statusesIntro, title } from "./intro.mjs";
import { checkLinks, code } from "./markdown.mjs";
import { serverErrors } from "./server-errors.mjs";
import { Sources } from "./source.mjs";
import { statusTable } from "./statuses.mjs";
import { supplements } from "./supplements.mjs";
import { Types } from "./types.mjs";

/** Types whose section is called otherwise than they are. */
const HEADINGS = { CauseKind: "Kinds of causes", DropReason: "Reasons of drops", ErrorCode: "Error codes" };

/**
 * docs/events.md, made from the sources.
 *
 * @param {{ read?: (path: string) => string | undefined, texts?: Record<string, string> }} options `read`: a file of the
 *   checkout; `texts`: for what has no docstring
 * @returns {string} Throws, naming the places, when something is missing or not as expected.
 */
export function eventsPage({ read = fromCheckout, texts = supplements } = {}) {
  const sources = new Sources(read);
  const docs = new Docstrings(texts);
  const types = new Types(docs, HEADINGS);
  for (const name of Object.keys(HEADINGS)) types.reserve(name);
  const page = `${[...parts(sources, docs, types)].join("\n\n")}\n`;
  docs.check();
  checkLinks(page);
  return page;
}

function fromCheckout(path) {
  const file = join(root, path);
  return existsSync(file) ? readFileSync(file, "utf8") : undefined;
}

function* parts(sources, docs, types) {
  const union = (path, name) => {
    const found = sources.open(path).type(name);
    return [docs.block(found.source, found.node, name), types.describe(found, name)];
  };
  yield title;
  yield listening;
  yield "## Events";
  yield* events(sources, docs, types);
  // Made first: the types that they mention are among the types below.
  const statuses = statusTable(sources, types);
  const errors = [...errorFields(sources, docs, types)];
  yield "## Types within them";
  yield* types.sections("###");
  yield "## Statuses";
  yield statusesIntro;
  yield statuses;
  yield `## ${HEADINGS.CauseKind}`;
  yield* union("src/causes.ts", "CauseKind");
  yield `## ${HEADINGS.DropReason}`;
  yield* union("src/core/books.ts", "DropReason");
  yield "## Errors";
  yield* errors;
  yield `### ${HEADINGS.ErrorCode}`;
  yield codeDoc(sources, docs);
  yield codeTable(sources, docs);
  yield "## What servers say";
  yield* serverErrors(sources, docs);
}

/** What an error has beside its text. */
function* errorFields(sources, docs, types) {
  const narrow = sources.open("src/errors.ts");
  yield `${code("isHoldfastError(error)")}: ${docs.line(narrow, narrow.value("isHoldfastError"), "isHoldfastError")}`;
  yield "### HoldfastError";
  const found = sources.open("src/interop/errors.ts").type("HoldfastError");
  yield docs.block(found.source, found.node, "HoldfastError");
  yield types.describe(found, "HoldfastError");
}
