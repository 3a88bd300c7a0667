/**
 * A piece of markdown in which what is code is blank, character by character: what looks like a link or a heading there is none.
 *
 * @param {string} markdown
 */
export function withoutCode(markdown) {
  const blank = (text) => text.replace(/[^\n]/g, " ");
  return withoutFences(markdown)
    .replace(/<!--[\s\S]*?-->/g, blank)
    .replace(/(?<!`)(`+)(?!`)([\s\S]*?[^`])\1(?!`)/g, (span, ticks, text) =>
      /\n\s*\n/.test(text) ? span : ticks + text.replace(/[^\n]/g, "x") + ticks,
    );
}

/** The same, of fenced blocks alone. */
function withoutFences(markdown) {
  let fence;
  return markdown
    .split("\n")
    .map((line) => {
      const [, mark] = /^\s*(`{3,}|~{3,})/.exec(line) ?? [];
      if (fence === undefined && mark === undefined) return line;
      if (fence === undefined) fence = mark;
      else if (mark?.startsWith(fence) && line.trim() === mark) fence = undefined;
      return " ".repeat(line.length);
    })
    .join("\n");
}

/** `![text](target)`, `[text](target)`, and the addresses of images in HTML. */
const LINK = /(!?)\[((?:[^[\]]|\[[^\]]*\])*)\]\(([^()\s]+)(\s+"[^"]*")?\)|<img[^>]*?\ssrc="([^"]+)"/g;

/**
 * Every link of a page.
 *
 * @param {string} markdown
 * @returns {{ target: string, image: boolean, line: number }[]}
 */
export function linksOf(markdown) {
  return [...withoutCode(markdown).matchAll(LINK)].map(({ 1: mark, 3: link, 5: image, index }) => ({
    target: image ?? link,
    image: image !== undefined || mark === "!",
    line: markdown.slice(0, index).split("\n").length,
  }));
}

/**
 * The page with other targets.
 *
 * @param {string} markdown
 * @param {(target: string) => string | undefined} change undefined: only the text of the link stays
 */
export function mapLinks(markdown, change) {
  const parts = [];
  let end = 0;
  for (const match of withoutCode(markdown).matchAll(LINK)) {
    const { 1: mark, 2: text, 3: link, 5: image, index } = match;
    const whole = markdown.slice(index, index + match[0].length);
    const target = change(image ?? link);
    parts.push(markdown.slice(end, index));
    end = index + whole.length;
    if (image !== undefined) parts.push(whole.replace(image, target ?? image));
    else {
      const shown = whole.slice(mark.length + 1, mark.length + 1 + text.length);
      parts.push(target === undefined ? shown : `${mark}[${shown}](${target}${match[4] ?? ""})`);
    }
  }
  parts.push(markdown.slice(end));
  return parts.join("");
}

/** The anchor that GitHub gives to a heading of this text; the site gives the same. */
export const slug = (text) =>
  text
    .trim()
    .toLowerCase()
    .replace(/[^\p{L}\p{N}\p{M}_\- ]/gu, "")
    .replaceAll(" ", "-");

/**
 * The anchors of a page: one for each heading, and those in its HTML.
 *
 * @param {string} markdown
 * @returns {Set<string>}
 */
export function anchorsOf(markdown) {
  const anchors = new Set();
  const lines = markdown.split("\n");
  for (const [at, line] of withoutFences(markdown).split("\n").entries()) {
    const [, heading] = /^ {0,3}#{1,6}\s+(.*?)\s*#*$/.exec(line) ?? [];
    if (heading !== undefined) {
      const anchor = slug(textOf(/^ {0,3}#{1,6}\s+(.*?)\s*#*$/.exec(lines[at])[1]));
      let unique = anchor;
      for (let n = 1; anchors.has(unique); n++) unique = `${anchor}-${n}`;
      anchors.add(unique);
    }
    for (const [, id] of line.matchAll(/<a (?:id|name)="([^"]+)"/g)) anchors.add(id);
  }
  return anchors;
}

/** What is read of a heading. */
const textOf = (heading) => heading.replace(/!?\[([^\]]*)\]\([^)]*\)/g, "$1").replace(/[`*]/g, "");
