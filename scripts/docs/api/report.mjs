import { posix } from "node:path";
import { parse } from "@babel/parser";
import { walk } from "../walk.mjs";

const DECLARATIONS = [
  "TSInterfaceDeclaration",
  "TSTypeAliasDeclaration",
  "ClassDeclaration",
  "TSDeclareFunction",
  "FunctionDeclaration",
  "VariableDeclaration",
  "TSEnumDeclaration",
];

/**
 * What a program sees of an entry of the package: the entry itself, and of the files that it leads to, every declaration
 * that a name in it leads to. Private members and interfaces that a class fulfils are nobody's business and left out, and so is
 * the constructor of a class that is exported as a type.
 *
 * @param {string} entry path of the entry's declarations, with slashes
 * @param {(path: string) => string} read declarations as tsc writes them, without comments
 * @param {string} [main] path of another entry: what its report has is left out
 * @returns {string} the report, a text that changes when what users see changes
 */
export function apiReport(entry, read, main) {
  const known = main === undefined ? [] : new Report(main, read).declarations();
  return new Report(entry, read).text(new Set([...known].map(keyOf)));
}

/**
 * The same declarations as syntax, for those who ask something else about them than how they read.
 *
 * @param {string} entry
 * @param {(path: string) => string} read declarations as tsc writes them, with comments
 * @returns {{ path: string, statement: any, node: any, parts: any[] }[]} in the order of files; `statement`: the `export` around it, or itself;
 *   `parts`: itself, or of a class the members that users see
 */
export function declarationsOf(entry, read) {
  return [...new Report(entry, read).nodes()].filter(({ node }) => DECLARATIONS.includes(node.type));
}

const keyOf = ({ path, text }) => `${path}\n${text}`;

class Report {
  /** @type {Map<string, { code: string, body: any[] }>} */
  #files = new Map();
  /** What was reached: path → declarations. @type {Map<string, Set<any>>} */
  #reached = new Map();
  /** Classes of which values are exported. */
  #constructed = new Set();
  #entry;
  #read;

  constructor(entry, read) {
    this.#entry = entry;
    this.#read = read;
    this.#enter(entry);
  }

  #open(path) {
    let file = this.#files.get(path);
    if (file === undefined) {
      const code = this.#read(path);
      const plugins = [["typescript", { dts: true }]];
      file = {
        code,
        body: parse(code, { sourceType: "module", plugins, sourceFilename: path }).program.body,
      };
      this.#files.set(path, file);
    }
    return file;
  }

  /** Follows everything that a file exports. */
  #enter(path) {
    for (const statement of this.#open(path).body) {
      if (statement.type === "ExportAllDeclaration") {
        const next = target(path, statement.source);
        if (next !== undefined) this.#enter(next);
        else this.#keep(path, statement);
      } else if (statement.type === "ExportNamedDeclaration" && statement.source) {
        const next = target(path, statement.source);
        if (next === undefined) continue;
        for (const { local, exportKind } of statement.specifiers)
          this.#reach(next, local.name, exportKind !== "type" && statement.exportKind !== "type");
      } else if (statement.declaration) {
        for (const name of declared(statement.declaration)) this.#reach(path, name, true);
      }
    }
  }

  /** Follows a name, in the file where it stands or to where that file has it from. */
  #reach(path, name, isValue) {
    const { body } = this.#open(path);
    for (const statement of body) {
      const node = statement.declaration ?? statement;
      if (DECLARATIONS.includes(node.type) && declared(node).includes(name)) this.#add(path, node, isValue);
      else if (statement.type === "ExportAllDeclaration") {
        const next = target(path, statement.source);
        if (next !== undefined) this.#reach(next, name, isValue);
      } else if (statement.source && statement.specifiers) {
        const found = statement.specifiers.find(
          ({ type, local, exported }) => (type === "ExportSpecifier" ? exported : local).name === name,
        );
        const next = found && target(path, statement.source);
        if (next !== undefined) this.#reach(next, (found.imported ?? found.local).name, isValue);
      }
    }
  }

  #keep(path, node) {
    if (!this.#reached.has(path)) this.#reached.set(path, new Set());
    this.#reached.get(path).add(node);
  }

  #add(path, node, isValue) {
    const known = this.#reached.get(path)?.has(node) && (!isValue || this.#constructed.has(node));
    if (known) return;
    this.#keep(path, node);
    if (isValue) this.#constructed.add(node);
    for (const part of this.#visible(path, node)) {
      walk(part, (inner) => {
        if (inner.type === "TSImportType") {
          const next = target(path, inner.argument.literal ?? inner.argument);
          if (next !== undefined && inner.qualifier) this.#reach(next, inner.qualifier.name, false);
        }
        const name = named(inner);
        if (name !== undefined) this.#reach(path, name, false);
      });
    }
  }

  /** The parts of a declaration that users see. */
  *#visible(path, node) {
    if (node.type !== "ClassDeclaration") {
      yield node;
      return;
    }
    if (node.superClass) this.#reach(path, node.superClass.name, false);
    if (node.typeParameters) yield node.typeParameters;
    if (node.superTypeParameters) yield node.superTypeParameters;
    yield* this.#members(node);
  }

  #members(node) {
    return node.body.body.filter(
      (member) =>
        member.accessibility !== "private" &&
        member.type !== "ClassPrivateProperty" &&
        (member.kind !== "constructor" || this.#constructed.has(node)),
    );
  }

  /** What was reached, in the order of files. */
  *nodes() {
    for (const [path, nodes] of [...this.#reached].sort(([a], [b]) => (a < b ? -1 : 1))) {
      const statements = new Map(this.#open(path).body.map((one) => [one.declaration ?? one, one]));
      for (const node of [...nodes].sort((a, b) => a.start - b.start)) {
        const parts = node.type === "ClassDeclaration" ? this.#members(node) : [node];
        yield { path, statement: statements.get(node), node, parts };
      }
    }
  }

  /** What was reached besides the entry, as text. */
  *declarations() {
    for (const { path, node } of this.nodes())
      if (path !== this.#entry) yield { path, text: this.#print(this.#open(path).code, node) };
  }

  /** @param {Set<string>} known keys of declarations that stand elsewhere */
  text(known) {
    const parts = [this.#open(this.#entry).code.trim()];
    let last;
    for (const declaration of this.declarations()) {
      if (known.has(keyOf(declaration))) continue;
      const { path, text } = declaration;
      if (path !== last) parts.push(`// ${path.replace(/\.d\.ts$/, "")}`);
      last = path;
      parts.push(text);
    }
    return `${parts.join("\n\n")}\n`;
  }

  #print(code, node) {
    if (node.type !== "ClassDeclaration") return code.slice(node.start, node.end);
    const head = code.slice(node.start, node.body.start).replace(/ implements .*/, " ");
    const members = this.#members(node).map((member) => `    ${code.slice(member.start, member.end)}\n`);
    return `${head}{\n${members.join("")}}`;
  }
}

/** The file of this package that an import names; undefined: another package's. */
function target(from, { value }) {
  if (!value.startsWith(".")) return undefined;
  return posix.join(posix.dirname(from), value).replace(/\.js$/, ".d.ts");
}

/** The name that a part of a type refers to; of `a.b` the first. */
function named({ type, typeName, exprName, expression }) {
  const references = [
    "TSTypeReference",
    "TSTypeQuery",
    "TSExpressionWithTypeArguments",
    "TSInterfaceHeritage",
  ];
  if (!references.includes(type)) return undefined;
  let name = typeName ?? exprName ?? expression;
  while (name.left) name = name.left;
  return name.name;
}

function declared(node) {
  return node.type === "VariableDeclaration" ? node.declarations.map(({ id }) => id.name) : [node.id?.name];
}
