import { parse } from "@babel/parser";
import { walk } from "../walk.mjs";

const TAG = / \[parity (\d+(?:, \d+)*)\]$/;

/**
 * The parity tags in one file of tests: text that ends with `[parity 7]` or `[parity 7, 8]`, and the titles of the
 * groups around it.
 *
 * @param {string} path for messages
 * @param {string} code
 * @returns {{ title: string, numbers: number[] }[]} Throws when a tag is not at the end of a text, or is no tag.
 */
export function tagsIn(path, code) {
  if (!code.includes("[parity")) return [];
  const tags = [];
  const tree = parse(code, { sourceType: "module", plugins: [["typescript", {}]], sourceFilename: path });
  walk(tree.program, (node, above) => {
    for (const text of texts(node)) {
      if (!text.includes("[parity")) continue;
      const tag = TAG.exec(text);
      if (tag === null)
        throw new Error(
          `${path}:${node.loc.start.line}: a parity tag stands at the end: "… [parity 7, 8]", not "${text}"`,
        );
      const idle = above.find(
        (call) => call.type === "CallExpression" && /\b(skip|todo|fails)\b/.test(chain(call.callee)),
      );
      if (idle !== undefined)
        throw new Error(`${path}:${node.loc.start.line}: "${text}" is tagged and does not run`);
      const own = text.slice(0, tag.index);
      const title = [...groups(node, above), own].join(" › ");
      tags.push({ title, numbers: tag[1].split(", ").map(Number) });
    }
  });
  return tags;
}

function texts(node) {
  if (node.type === "StringLiteral") return [node.value];
  if (node.type === "TemplateLiteral") return [node.quasis.map(({ value }) => value.cooked).join("…")];
  return [];
}

/** The titles of the calls of `describe` around a node, without their own tags. */
function* groups(node, above) {
  for (const call of above) {
    if (call.type !== "CallExpression" || call.arguments[0] === node) continue;
    const [title] = call.arguments;
    if (title === undefined || !chain(call.callee).startsWith("describe")) continue;
    for (const text of texts(title)) yield text.replace(TAG, "");
  }
}

/** The names in what is called: `describe.each` for `describe.each(…)`. */
function chain(callee) {
  switch (callee.type) {
    case "Identifier":
      return callee.name;
    case "MemberExpression":
      return `${chain(callee.object)}.${callee.property.name}`;
    case "CallExpression":
      return chain(callee.callee);
    case "TaggedTemplateExpression":
      return chain(callee.tag);
    default:
      return "";
  }
}
