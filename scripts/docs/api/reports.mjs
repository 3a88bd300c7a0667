import { withDeclarations } from "./declarations.mjs";
import { apiReport } from "./report.mjs";

/**
 * The files of docs/api: what users see of each entry of the package.
 *
 * @returns {Promise<{ path: string, text: string }[]>} `path` from the root of the checkout. Rejects when there are no
 *   declarations to be had.
 */
export function apiReports() {
  return withDeclarations(["--removeComments"], (read, [main, ...others]) => {
    const report = ({ name, declarations }, known) => ({
      path: `docs/api/${fileOf(name)}`,
      text: `${headOf(name, known?.name)}\n${apiReport(declarations, read, known?.declarations)}`,
    });
    return [report(main), ...others.map((entry) => report(entry, main))];
  });
}

const fileOf = (name) => `${name.replaceAll("/", "-")}.d.ts`;

function headOf(name, known) {
  const lines = [`// What a program sees that imports "${name}". Made by \`npm run docs\`.`];
  if (known !== undefined) lines.push(`// What is in ${fileOf(known)} as well stands only there.`);
  return `${lines.join("\n")}\n`;
}
