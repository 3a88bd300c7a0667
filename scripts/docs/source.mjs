import { posix } from "node:path";
import { parse } from "@babel/parser";

/** Where packages that we import types from declare them. */
const PACKAGES = { "@nats-io/nats-core": "node_modules/@nats-io/nats-core/lib/core.d.ts" };

const TYPES = ["TSInterfaceDeclaration", "TSTypeAliasDeclaration", "ClassDeclaration"];

/** One TypeScript file: its syntax tree, the docstrings in it, and where the names in it come from. */
export class Source {
  /**
   * @param {Sources} sources
   * @param {string} path relative to the root of the checkout, with slashes
   * @param {string} code
   */
  constructor(sources, path, code) {
    this.sources = sources;
    this.path = path;
    this.code = code;
    const dts = path.endsWith(".d.ts");
    const tree = parse(code, {
      sourceType: "module",
      plugins: [["typescript", { dts }]],
      sourceFilename: path,
      attachComment: false,
    });
    this.body = tree.program.body;
    this.docs = tree.comments.filter(({ type, value }) => type === "CommentBlock" && value.startsWith("*"));
  }

  /** The place of a node, for messages. */
  at(node) {
    return `${this.path}:${node.loc.start.line}`;
  }

  /** @returns {never} */
  fail(node, message) {
    throw new Error(`${this.at(node)}: ${message}`);
  }

  /** What is written, on one line. */
  text(node) {
    return this.code.slice(node.start, node.end).replace(/\s+/g, " ");
  }

  /**
   * The lines of the docstring right before a node, without their stars; undefined when there is none. Between the two
   * may be `export`, and the bar of a union.
   */
  doc(node) {
    const doc = this.docs.findLast(({ end }) => end <= node.start);
    if (doc === undefined || !/^[\s|]*(export )?$/.test(this.code.slice(doc.end, node.start)))
      return undefined;
    return doc.value
      .slice(1)
      .split("\n")
      .map((line) => line.replace(/^\s*\* ?/, "").trim());
  }

  /** The declaration of a value: `const NAME = …`, without what types say about it, or a function. */
  value(name) {
    for (const statement of this.declarations()) {
      if (statement.type === "FunctionDeclaration" && statement.id.name === name) return statement;
      if (statement.type !== "VariableDeclaration") continue;
      for (const { id, init } of statement.declarations) if (id.name === name) return bare(init);
    }
    throw new Error(`${this.path}: there is no "${name}" any more`);
  }

  /** The statement of `const NAME`: what a docstring stands before. */
  statement(name) {
    for (const statement of this.declarations()) {
      if (
        statement.type === "VariableDeclaration" &&
        statement.declarations.some(({ id }) => id.name === name)
      )
        return statement;
    }
    throw new Error(`${this.path}: there is no "${name}" any more`);
  }

  /**
   * The declaration of a type, here or in the file that it is imported from.
   *
   * @returns {{ source: Source, node: import("@babel/types").Node } | undefined} undefined when it is not imported either
   */
  type(name) {
    for (const node of this.declarations()) {
      if (TYPES.includes(node.type) && node.id.name === name) return { source: this, node };
    }
    for (const { type, source, specifiers } of this.body) {
      if (!source || (type !== "ImportDeclaration" && type !== "ExportNamedDeclaration")) continue;
      const found = specifiers.find(({ local, exported }) => (exported ?? local).name === name);
      if (found) return this.sources.imported(this, source).type((found.imported ?? found.local).name);
    }
    return undefined;
  }

  /** @private */
  *declarations() {
    for (const statement of this.body) yield statement.declaration ?? statement;
  }
}

/** The files of a checkout, each parsed once. */
export class Sources {
  /** @type {Map<string, Source>} */
  #open = new Map();
  #read;

  /** @param {(path: string) => string | undefined} read a file by its path from the root, with slashes; undefined: none */
  constructor(read) {
    this.#read = read;
  }

  /** @param {string} path relative to the root, with slashes */
  open(path) {
    let source = this.#open.get(path);
    if (source === undefined) {
      const text = this.#read(path);
      if (text === undefined) throw new Error(`${path} is not there: the page is made from it`);
      source = new Source(this, path, text);
      this.#open.set(path, source);
    }
    return source;
  }

  /** The file that an import names. */
  imported(from, { value, loc }) {
    if (value.startsWith("."))
      return this.open(posix.join(posix.dirname(from.path), value).replace(/\.js$/, ".ts"));
    const path = PACKAGES[value];
    if (path === undefined) from.fail({ loc }, `the page does not know where "${value}" declares its types`);
    return this.open(path);
  }
}

/** An expression without `as const`, `satisfies …`. */
function bare(node) {
  return node.type === "TSAsExpression" || node.type === "TSSatisfiesExpression"
    ? bare(node.expression)
    : node;
}
