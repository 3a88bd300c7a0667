import { readFileSync, writeFileSync } from "node:fs";
import { expect, it } from "vitest";
import { ErrorCode } from "../errors.js";
import { ERROR_TEXTS, KIND_OF_CODE } from "./error-texts.js";

const SOURCE = readFileSync(new URL("../errors.ts", import.meta.url), "utf8");
const HERE = new URL("./error-texts.ts", import.meta.url);

/** Docstrings of the codes, as `src/errors.ts` has them. */
function docstrings(): Record<string, string> {
  const codes = SOURCE.slice(SOURCE.indexOf("export const ErrorCode"), SOURCE.indexOf("} as const"));
  const found = codes.matchAll(/\/\*\*\s*([\s\S]*?)\s*\*\/\s*([A-Z_]+):/g);
  return Object.fromEntries([...found].map(([, text, code]) => [code, text.replace(/\s*\n\s*\*\s*/g, " ")]));
}

it("explains each code in the words of its docstring", () => {
  const wanted = docstrings();
  expect(Object.keys(wanted)).toEqual(Object.keys(ErrorCode));
  if (process.env.HOLDFAST_WRITE === "1") {
    const table = Object.entries(wanted).map(([code, text]) => `  ${code}: ${JSON.stringify(text)},\n`);
    const file = readFileSync(HERE, "utf8");
    writeFileSync(
      HERE,
      file.replace(/(ERROR_TEXTS[^\n]*\n)[\s\S]*?(\n?};\n)/, (_, head) => `${head}${table.join("")}};\n`),
    );
  } else expect(ERROR_TEXTS).toEqual(wanted);
});

it("names only kinds that have a page", () => {
  for (const kind of new Set(Object.values(KIND_OF_CODE)))
    expect(readFileSync(new URL(`../../docs/causes/${kind}.md`, import.meta.url), "utf8")).toContain("\n");
});
