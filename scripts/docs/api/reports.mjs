import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { typecheck } from "../../lib/compile.mjs";
import { root } from "../../lib/paths.mjs";
import { apiReport } from "./report.mjs";

/**
 * The files of docs/api: what users see of each entry of the package.
 *
 * @returns {Promise<{ path: string, text: string }[]>} `path` from the root of the checkout. Rejects when there are no
 *   declarations to be had.
 */
export async function apiReports() {
  const dir = mkdtempSync(join(tmpdir(), "holdfast-api-"));
  try {
    const flags = ["--emitDeclarationOnly", "--stripInternal", "--removeComments", "--noCheck"];
    const { ok, output } = await typecheck(
      "tsconfig.build.json",
      ...flags,
      "--sourceMap",
      "false",
      "--outDir",
      dir,
    );
    if (!ok) throw new Error(`tsc makes no declarations for docs/api: ${output}`);
    const read = (path) => readFileSync(join(dir, path), "utf8");
    const [main, ...others] = entries();
    const report = ({ name, declarations }, known) => ({
      path: `docs/api/${name}.d.ts`,
      text: `${headOf(name, known?.name)}\n${apiReport(declarations, read, known?.declarations)}`,
    });
    return [report(main), ...others.map((entry) => report(entry, main))];
  } finally {
    rmSync(dir, { recursive: true, force: true });
  }
}

function headOf(name, known) {
  const lines = [
    `// What a program sees that imports "${name.replace("-", "/")}". Made by \`npm run docs\`.`,
  ];
  if (known !== undefined) lines.push(`// What is in ${known}.d.ts as well stands only there.`);
  return `${lines.join("\n")}\n`;
}

/** The entries of the package that have types, the main one first: `holdfast`, `holdfast-testing` … */
function entries() {
  const { name, exports } = JSON.parse(readFileSync(join(root, "package.json"), "utf8"));
  return Object.entries(exports)
    .filter(([, { types }]) => types !== undefined)
    .map(([key, { types }]) => ({
      name: name + key.slice(1).replaceAll("/", "-"),
      declarations: types.replace("./dist/", ""),
    }));
}
