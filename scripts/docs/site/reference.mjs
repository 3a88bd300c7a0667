import { readFileSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { root } from "../../lib/paths.mjs";

// TypeDoc needs the compiler API, which TypeScript 7 has not: docs/package.json brings the one that it runs on.
const { resolve } = createRequire(join(root, "docs", "package.json"));

/**
 * @typedef {object} Export
 * @property {string} name as users import it
 * @property {string} [from] the package that it is passed on from; it is documented there
 * @property {string[]} pages where the reference has it, from its folder, with an anchor if it has no page of its own
 * @property {boolean} documented whether it has a docstring
 * @property {string} kind `Class`, `Function`, `Interface` …; empty for what is passed on
 */

/**
 * @typedef {object} Entry
 * @property {string} name `holdfast`, `holdfast/observe` …
 * @property {string} page
 * @property {Export[]} exports what the compiler says that the entry exports, by name
 */

/**
 * Writes the reference of every entry of the package from its docstrings.
 *
 * @param {string} out a folder
 * @returns {Promise<{ entries: Entry[], missing: string[], remarks: string[] }>} `missing`: what is public and has no docstring, members
 *   too; `remarks`: what TypeDoc finds wrong in docstrings, such as links that lead nowhere. Rejects when the sources do not compile, or an
 *   export would have no place.
 */
export async function writeReference(out) {
  const typedoc = await import(pathToFileURL(resolve("typedoc")).href);
  const sources = entrySources();
  const app = await typedoc.Application.bootstrapWithPlugins(
    {
      ...OPTIONS,
      out,
      entryPoints: sources.map(({ source }) => join(root, source)),
      tsconfig: join(root, "tsconfig.build.json"),
      plugin: [resolve("typedoc-plugin-markdown")],
    },
    [new typedoc.TSConfigReader()],
  );
  const said = [];
  app.logger = listener(typedoc, said);
  const project = await app.convert();
  if (project === undefined) throw new Error(`TypeDoc cannot read the sources:\n  ${said.join("\n  ")}`);
  const remarks = said.splice(0);
  app.validate(project);
  const missing = [];
  for (const line of said.splice(0)) {
    const [, what] = /^(.*), defined in .*, does not have any documentation$/s.exec(line) ?? [];
    if (what === undefined) remarks.push(line);
    else missing.push(what);
  }
  const places = new Map();
  app.renderer.on("endPage", ({ model, url }) => places.set(model, url));
  for (const { name, module } of sources) project.children.find((child) => child.name === module).name = name;
  await app.generateOutputs(project);
  remarks.push(...said);
  const points = app.getEntryPoints();
  const entries = sources.map(({ name, source }) => {
    const module = project.children.find((child) => child.name === name);
    const point = points.find(({ sourceFile }) => sourceFile.fileName === join(root, source));
    return { name, page: places.get(module), exports: exportsOf(point, module, places, typedoc) };
  });
  for (const entry of entries) finish(out, entry);
  writeFileSync(join(out, "index.md"), indexPage(entries));
  return { entries, missing, remarks };
}

/** Inherited members are told where they come from by the link on their type; `@internal` is what users do not see. */
const OPTIONS = {
  readme: "none",
  name: "API reference",
  router: "structure",
  entryFileName: "index",
  excludeExternals: true,
  excludeInternal: true,
  excludePrivate: true,
  excludeProtected: true,
  disableSources: true,
  gitRevision: "none",
  hidePageHeader: true,
  hideBreadcrumbs: true,
  useCodeBlocks: true,
  sanitizeComments: true,
  parametersFormat: "table",
  typeDeclarationFormat: "list",
  validation: { notExported: false, notDocumented: true, invalidLink: true, invalidPath: true },
  requiredToBeDocumented: [
    "Class",
    "Enum",
    "EnumMember",
    "Function",
    "Interface",
    "Method",
    "Accessor",
    "Property",
    "TypeAlias",
    "Variable",
  ],
  logLevel: "Warn",
};

/** The entries of the package that have types, as package.json has them. */
function entrySources() {
  const { name, exports } = JSON.parse(readFileSync(join(root, "package.json"), "utf8"));
  return Object.entries(exports)
    .filter(([, { types }]) => types !== undefined)
    .map(([key, { types }]) => {
      const path = types.replace(/^\.\/dist\//, "").replace(/\.d\.ts$/, "");
      // TypeDoc calls a module by its file, without the folder that all have and without `/index`.
      return { name: name + key.slice(1), source: `src/${path}.ts`, module: path.replace(/\/index$/, "") };
    });
}

/** Writes down what TypeDoc warns of, and prints nothing. */
function listener({ Logger, LogLevel }, said) {
  return new (class extends Logger {
    log(message, level) {
      super.log(message, level); // counts errors: a project that does not compile is not converted
      if (level >= LogLevel.Warn) said.push(message);
    }
  })();
}

/** What the compiler says that an entry exports, and where the reference has it. */
function exportsOf({ program, sourceFile }, module, places, { ReflectionKind }) {
  const checker = program.getTypeChecker();
  const symbols = checker.getExportsOfModule(checker.getSymbolAtLocation(sourceFile));
  return symbols
    .map((symbol) => {
      const from = packageOf(symbol, checker);
      const own = module.children.filter(({ name }) => name === symbol.name);
      if (own.length === 0 && from === undefined)
        throw new Error(`${module.name} exports ${symbol.name}, and the reference has no place for it`);
      return {
        name: symbol.name,
        ...(own.length === 0 ? { from } : {}),
        kind: own.length === 0 ? "" : ReflectionKind[own.at(-1).kind],
        pages: own.map(
          (reflection) => places.get(reflection) ?? `${places.get(module)}#${anchor(symbol.name)}`,
        ),
        documented: own.length === 0 || own.some((reflection) => hasText(reflection)),
      };
    })
    .toSorted((a, b) => a.name.localeCompare(b.name, "en"));
}

const anchor = (name) => name.toLowerCase();

/** The package that a symbol is passed on from, or undefined for what is ours. */
function packageOf(symbol, checker) {
  const ALIAS = 2097152; // ts.SymbolFlags.Alias
  const target = symbol.flags & ALIAS ? checker.getAliasedSymbol(symbol) : symbol;
  const file = target.declarations?.[0]?.getSourceFile().fileName ?? "";
  return /node_modules\/((?:@[^/]+\/)?[^/]+)\//.exec(file)?.[1];
}

/** Whether a reflection, one of its signatures, or what it stands for has a docstring. */
function hasText(reflection) {
  const target = reflection.isReference?.() ? reflection.tryGetTargetReflectionDeep() : reflection;
  const own = [target, ...(target?.signatures ?? []), ...(target?.type?.declaration?.signatures ?? [])];
  return own.some((one) => one?.comment?.summary?.length > 0);
}

/** What every page of ours has that TypeDoc does not write. */
function finish(out, { page, exports }) {
  const others = new Map();
  for (const { name, from } of exports)
    if (from !== undefined) others.set(from, [...(others.get(from) ?? []), name]);
  const path = join(out, page);
  const parts = [readFileSync(path, "utf8").trimEnd()];
  for (const [from, names] of others) {
    parts.push(`## Passed on from ${from}`, "Documented there.");
    parts.push(names.map((name) => `\`${name}\``).join(", "));
  }
  writeFileSync(path, `${parts.join("\n\n")}\n`);
}

function indexPage(entries) {
  const rows = entries.map(
    ({ name, page, exports }) =>
      `| [\`${name}\`](./${page}) | ${exports.filter(({ from }) => from === undefined).length} |`,
  );
  return `---
next: false
---

# API reference

Made from the docstrings. The guide says what things are for; here is what each takes, returns and throws.

| import from | names |
|---|---:|
${rows.join("\n")}
`;
}
