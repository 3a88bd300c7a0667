/** Text as code, also within a cell of a table. */
export const code = (text) => `\`${text.replaceAll("|", "\\|")}\``;

/** A link to a heading of the page. */
export const link = (text, heading) => `[${text}](#${slug(heading)})`;

/** The anchor that GitHub gives to a heading. */
const slug = (heading) =>
  heading
    .toLowerCase()
    .replace(/[^\w\- ]/g, "")
    .replaceAll(" ", "-");

/**
 * A table; columns that are empty in every row are left out.
 *
 * @param {string[]} head
 * @param {string[][]} rows
 */
export function table(head, rows) {
  const used = head.map((_, at) => rows.some((row) => row[at] !== ""));
  const line = (cells) => `| ${cells.filter((_, at) => used[at]).join(" | ")} |`.replace(/ {2,}/g, " ");
  const rule = `|${head
    .filter((_, at) => used[at])
    .map(() => "---|")
    .join("")}`;
  return [line(head), rule, ...rows.map(line)].join("\n");
}

/** Throws unless every heading has an anchor of its own and every link within the page leads to one. */
export function checkLinks(markdown) {
  const anchors = new Set();
  for (const [, heading] of markdown.matchAll(/^#+ (.*)$/gm)) {
    const anchor = slug(heading);
    if (anchors.has(anchor)) throw new Error(`two headings of the page have the anchor #${anchor}`);
    anchors.add(anchor);
  }
  for (const [whole, anchor] of markdown.matchAll(/\]\(#([^)]*)\)/g)) {
    if (!anchors.has(anchor)) throw new Error(`a link of the page leads nowhere: ${whole}`);
  }
}
