/**
 * Reads docstrings, and remembers what is wrong with them, so that everything can be told at once.
 *
 * A place without a docstring may have its text in `supplements`; one that is not needed is wrong as well.
 */
export class Docstrings {
  /** @type {string[]} */
  #problems = [];
  #unused;
  #supplements;

  /** @param {Record<string, string>} supplements texts by key, such as `StateChange.from` */
  constructor(supplements) {
    this.#supplements = supplements;
    this.#unused = new Set(Object.keys(supplements));
  }

  /** Whether a node has a docstring or a supplement. */
  has(source, node, key) {
    return source.doc(node) !== undefined || Object.hasOwn(this.#supplements, key);
  }

  /** The docstring of a node as Markdown: paragraphs and lists. */
  block(source, node, key) {
    const lines = source.doc(node);
    if (lines === undefined && Object.hasOwn(this.#supplements, key)) {
      this.#unused.delete(key);
      return this.#supplements[key];
    }
    const text = lines === undefined ? "" : flow(lines);
    if (text === "") this.#problems.push(`${source.at(node)}: ${key} has no docstring`);
    if (/^@\w/m.test(text))
      this.#problems.push(`${source.at(node)}: ${key} has a tag that the page does not show`);
    return text;
  }

  /** The same on one line, for a cell of a table. */
  line(source, node, key) {
    return this.block(source, node, key).replace(/\s*\n\s*/g, " ");
  }

  /** Throws if a docstring was missing, or a supplement was not needed. */
  check() {
    const unused = [...this.#unused].map(
      (key) => `scripts/docs/supplements.mjs: "${key}" has a docstring or is gone: remove its supplement`,
    );
    const problems = [...this.#problems, ...unused];
    if (problems.length > 0) throw new Error(problems.join("\n"));
  }
}

/** Joins the lines of a paragraph; an empty line and the mark of a list begin a new one. */
function flow(lines) {
  let text = "";
  for (const line of lines) {
    if (/^([-*]|\d+\.) /.test(line)) text += text === "" ? line : `\n${line}`;
    else if (line === "") text += "\n\n";
    else text += text === "" || text.endsWith("\n") ? line : ` ${line}`;
  }
  return text
    .replace(/\{@link (\w[\w.]*)\}/g, "`$1`")
    .replace(/([^\n])\n(- )/, "$1\n\n$2")
    .replace(/\n{3,}/g, "\n\n")
    .trim();
}
