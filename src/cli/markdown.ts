import type { Paint } from "./colours.js";
import { widthOf } from "./cut.js";

/** Columns of a table's first cell, at most. */
const LABEL = 34;

/**
 * A page of the guide for a terminal: headings bold, tables as a list of what and value, code as it is. Only what pages of the guide use of
 * Markdown is known.
 */
export function renderPage(page: string, columns: number, paint: Paint): string {
  const out: string[] = [];
  let code = false;
  let paragraph: string[] = [];
  const flush = (): void => {
    if (paragraph.length > 0) out.push(...wrap(inline(paragraph.join(" "), paint), columns));
    paragraph = [];
  };
  for (const line of page.replaceAll("\r", "").split("\n")) {
    if (/^```/.test(line)) {
      flush();
      code = !code;
    } else if (code) out.push(`    ${paint("cyan", line)}`);
    else if (/^#+ /.test(line)) {
      flush();
      if (out.length > 0 && out.at(-1) !== "") out.push("");
      out.push(
        paint(
          "bold",
          inline(line.replace(/^#+ /, ""), (_, text) => text),
        ),
      );
    } else if (/^\|/.test(line)) {
      flush();
      const cells = line
        .split(/(?<!\\)\|/)
        .slice(1, -1)
        .map((cell) => cell.trim().replaceAll("\\|", "|"));
      // The line below the heads says only that these were heads.
      if (cells.every((cell) => /^:?-+:?$/.test(cell))) {
        out.pop();
      } else out.push(...row(cells, columns, paint));
    } else if (/^(?:[-*]|\d+\.) /.test(line)) {
      flush();
      const [, mark, text] = /^([-*]|\d+\.) (.*)$/.exec(line)!;
      const lead = /\d/.test(mark) ? `${mark} ` : "- ";
      out.push(...hanging(lead, inline(text, paint), columns));
    } else if (line.trim() === "") {
      flush();
      if (out.at(-1) !== "") out.push("");
    } else paragraph.push(line.trim());
  }
  flush();
  while (out.at(-1) === "") out.pop();
  return out.join("\n");
}

/** Lines of whole words; a word that is longer has a line of its own. */
export function wrap(text: string, columns: number): string[] {
  const lines = [""];
  for (const word of text.split(/ +/)) {
    const last = lines[lines.length - 1];
    if (last !== "" && widthOf(last) + 1 + widthOf(word) > columns) lines.push(word);
    else lines[lines.length - 1] = last === "" ? word : `${last} ${word}`;
  }
  return lines;
}

function row(cells: readonly string[], columns: number, paint: Paint): string[] {
  const [label = "", ...values] = cells.map((cell) => inline(cell, paint));
  const value = values.filter((cell) => cell !== "").join("; ");
  if (value === "") return wrap(label, columns).map((line) => `  ${line}`);
  const width = widthOf(label);
  if (width > LABEL) return [`  ${label}`, ...hanging(" ".repeat(6), value, columns)];
  return hanging(`  ${label}${" ".repeat(LABEL - width)}  `, value, columns);
}

function hanging(lead: string, text: string, columns: number): string[] {
  const width = widthOf(lead);
  const indent = " ".repeat(width);
  return wrap(text, Math.max(20, columns - width)).map(
    (line, index) => `${index === 0 ? lead : indent}${line}`,
  );
}

/** Links without their addresses; code and stress by style alone. */
function inline(text: string, paint: Paint): string {
  return text
    .replace(/\[([^\]]+)\]\([^)]*\)/g, "$1")
    .replace(/\*\*([^*]+)\*\*/g, (_, words: string) => paint("bold", words))
    .replace(/`([^`]+)`/g, (_, words: string) =>
      words
        .split(" ")
        .map((word) => paint("cyan", word))
        .join(" "),
    );
}
