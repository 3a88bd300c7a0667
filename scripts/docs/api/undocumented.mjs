import { walk } from "../walk.mjs";
import { withDeclarations } from "./declarations.mjs";
import { declarationsOf } from "./report.mjs";

/** What has a name inside of a declaration, and may have a docstring. */
const MEMBERS = [
  "TSPropertySignature",
  "TSMethodSignature",
  "TSDeclareMethod",
  "ClassMethod",
  "ClassProperty",
  "ClassAccessorProperty",
];

/** Declarations whose members need none, and why. */
const NEEDLESS = {
  "client/events: Events": "each is the name of an event, and ConnectionEvents tells of that",
  "compat/events: Events": "the same names, and one more, which is documented",
};

/**
 * What {@link undocumented} finds in all entries of the package, each once, without those that need no docstring; and which of those exceptions
 * nothing needs any more.
 *
 * @returns {Promise<{ missing: string[], needless: string[] }>} Rejects when there are no declarations to be had.
 */
export function undocumentedMembers() {
  return withDeclarations([], (read, entries) => {
    const found = [...new Set(entries.flatMap(({ declarations }) => undocumented(declarations, read)))];
    const exceptions = Object.keys(NEEDLESS);
    const isOf = (declaration) => (member) => member.startsWith(`${declaration}.`);
    return {
      missing: found.filter((member) => !exceptions.some((declaration) => isOf(declaration)(member))),
      needless: exceptions.filter((declaration) => !found.some(isOf(declaration))),
    };
  });
}

/** Words that tell nothing of a member beside its name. */
const EMPTY = new Set(
  "a an and at by for from has in is it its of on or that the this to what which with".split(" "),
);

/**
 * The members of public types that no docstring tells of, or one that only repeats the name. What a member of a class or an interface has
 * from one that this one extends or implements, need not be told again. Members of a type inside of another (`used?: { memory: number }`) may
 * also be told of by a docstring around them that has their names in backticks.
 *
 * @param {string} entry path of the entry's declarations, with slashes
 * @param {(path: string) => string} read declarations as tsc writes them, with comments
 * @returns {string[]} `client/msg: HoldfastMsg.sid`, each once, with what is wrong unless there is no docstring at all
 */
export function undocumented(entry, read) {
  /** What is wrong with each member; empty: nothing. @type {Map<string, string>} */
  const problems = new Map();
  /** By the name of a class or interface: whom it has members from, and which of its own are documented. */
  const kinds = new Map();
  for (const { path, statement, node, parts } of declarationsOf(entry, read)) {
    const declaration = `${path.replace(/\.d\.ts$/, "")}: ${nameOf(node)}`;
    const kind = { declaration, parents: parentsOf(node), documented: new Set() };
    kinds.set(nameOf(node), kind);
    for (const part of parts) {
      walk(part, (inner, above) => {
        if (!MEMBERS.includes(inner.type) || inner.kind === "constructor") return;
        const around = [statement, ...above];
        const names = [...around.filter(({ type }) => MEMBERS.includes(type)), inner].map(nameOf);
        const member = `${declaration}.${names.join(".")}`;
        // One signature of an overloaded method, or one of two accessors, tells of all of them.
        if (problems.get(member) !== "") problems.set(member, problemOf(inner, around));
        if (names.length === 1 && problems.get(member) === "") kind.documented.add(names[0]);
      });
    }
  }
  for (const [name, { declaration }] of kinds) {
    for (const member of inheritedOf(name, kinds)) problems.delete(`${declaration}.${member}`);
  }
  return [...problems].filter(([, problem]) => problem !== "").map(([member, problem]) => member + problem);
}

/** The documented members of all that a class or interface has members from. */
function* inheritedOf(name, kinds, seen = new Set([name])) {
  for (const parent of kinds.get(name)?.parents ?? []) {
    if (seen.has(parent)) continue;
    seen.add(parent);
    yield* kinds.get(parent)?.documented ?? [];
    yield* inheritedOf(parent, kinds, seen);
  }
}

/** The names of what a class or interface extends or implements. */
function parentsOf(node) {
  const clauses = [...(node.extends ?? []), ...(node.implements ?? [])].map(({ expression }) => expression);
  if (node.superClass) clauses.push(node.superClass);
  return clauses.map(({ name }) => name);
}

/** What is wrong with the docstring of a member; empty when nothing is. */
function problemOf(member, around) {
  const name = nameOf(member);
  const text = textOf(member);
  if (text !== undefined) return tellsMore(text, name) ? "" : ` has only "${text}"`;
  const isInside = around.some(({ type }) => type === "TSTypeLiteral");
  return isInside && around.some((outer) => namesIt(textOf(outer), name)) ? "" : NO_DOCSTRING;
}

const NO_DOCSTRING = " has no docstring";

/** The text of the docstring right before a node, without stars; undefined when there is none. */
function textOf({ leadingComments = [] }) {
  const doc = leadingComments.findLast(({ type, value }) => type === "CommentBlock" && value.startsWith("*"));
  return doc?.value
    .replace(/^\s*\*+ ?/gm, "")
    .replace(/\s+/g, " ")
    .trim();
}

/** Whether a text has a name in backticks, or as `@param options.name`. */
function namesIt(text = "", name) {
  const literal = name.replace(/[.*+?^${}()|[\]\\]/g, "\\$&");
  return new RegExp(`\`(?:[^\`]*\\W)?${literal}(?:\\W[^\`]*)?\`|@param \\w+\\.${literal}\\b`).test(text);
}

/** Whether a docstring has a word that the name has not. */
function tellsMore(text, name) {
  const own = wordsOf(name);
  return wordsOf(text).some((word) => !own.includes(word) && !EMPTY.has(word));
}

const wordsOf = (text) =>
  text
    .replace(/(?<=[a-z\d])(?=[A-Z])/g, " ")
    .toLowerCase()
    .match(/[a-z\d]+/g) ?? [];

/** The name of a declaration, or of a member as it is written: `[Symbol.asyncDispose]` for one. */
function nameOf({ id, declarations, key, computed }) {
  if (key === undefined) return (id ?? declarations[0].id).name;
  if (computed) return `[${key.object?.name}.${key.property?.name}]`;
  return key.name ?? String(key.value);
}
