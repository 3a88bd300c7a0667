import { code, link, table } from "./markdown.mjs";

const FILE = "src/core/server-errors.ts";

/** The `-ERR` texts of servers, and what becomes of them. */
export function* serverErrors(sources, docs) {
  const source = sources.open(FILE);
  const rows = source.value("SERVER_ERRORS").elements?.map((element) => rowOf(source, element));
  if (!rows?.length) throw new Error(`${FILE}: SERVER_ERRORS is not a list of rows`);
  yield docs.block(source, source.statement("SERVER_ERRORS"), "SERVER_ERRORS");
  yield docs.block(source, source.type("ServerErrorAction").node, "ServerErrorAction");
  const blames = source.type("ServerErrorRow").node.body.body.find(({ key }) => key.name === "blames");
  yield `**blames**: ${docs.block(source, blames, "ServerErrorRow.blames")}`;
  yield table(
    [
      "the text begins with",
      link("code", "Error codes"),
      link("kind of cause", "Kinds of causes"),
      "action",
      "blames",
    ],
    rows.map(({ texts, isBlaming }) => [...texts.map(code), isBlaming ? "yes" : ""]),
  );
}

/** `row("…", "…", "…", "…")`, or the same with `blames: true`. */
function rowOf(source, element) {
  const isBlaming = element.type === "ObjectExpression";
  const [call, blames, ...rest] = isBlaming
    ? [element.properties[0]?.argument, ...element.properties.slice(1)]
    : [element];
  const texts = call?.arguments?.map(({ value }) => value);
  const isRow = call?.callee?.name === "row" && texts.length === 4 && !texts.includes(undefined);
  const isPlain = isBlaming ? blames?.key.name === "blames" && blames.value.value === true : true;
  if (!isRow || !isPlain || rest.length > 0) source.fail(element, "the page cannot read this row");
  return { texts, isBlaming };
}
