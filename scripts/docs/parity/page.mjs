import { readFileSync } from "node:fs";
import { join } from "node:path";
import { filesIn } from "../../lib/fingerprint.mjs";
import { root } from "../../lib/paths.mjs";
import { table } from "../markdown.mjs";
import { reasons, sections } from "./list.mjs";
import { tagsIn } from "./tags.mjs";

/** Where tests are: beside the code, and in folders of their own. The tests of this page are not among them. */
const FOLDERS = ["test", "src", "demo", "bench", "soak", "chaos", "fuzz"];

const INTRO = `# Parity: what the suites of other clients assert

<!-- Made by \`npm run docs\` from the tags in the tests' names and from scripts/docs/parity/list.mjs. -->

What the test suites of nats.go 1.53 and async-nats assert about a connection, line by line, and which of our tests asserts it. A
test that stands here has the line's number in its name: \`[parity 137]\`. Where a line does not apply to a Node.js client, or
Holdfast promises something else, the reason stands here.`;

/**
 * docs/parity.md.
 *
 * @param {{ files?: Iterable<{ path: string, code: string }>, list?: typeof sections, why?: Record<number, string> }} options
 *   by default the tests of this checkout, its list and its reasons
 * @returns {{ page: string, open: number[] }} `open`: lines with neither a test nor a reason. Throws when a tag or a
 *   reason names a line that does not exist.
 */
export function parityPage({ files = testsOfCheckout(), list = sections, why = reasons } = {}) {
  const known = new Set(Object.values(list).flatMap(({ lines }) => Object.keys(lines).map(Number)));
  for (const number of Object.keys(why).map(Number))
    if (!known.has(number)) throw new Error(`there is a reason for line ${number}, which the list has not`);
  const tests = testsByLine(files, known);
  const open = [...known].filter((number) => !tests.has(number) && why[number] === undefined);
  const parts = [INTRO, summary(known.size, tests.size, open)];
  for (const [id, { title, lines }] of Object.entries(list)) {
    const rows = Object.entries(lines).map(([number, text]) => [
      number,
      text,
      asserted(tests.get(Number(number)) ?? [], why[number]),
    ]);
    parts.push(`## ${id}. ${title}`, table(["line", "what", "asserted by"], rows));
  }
  return { page: `${parts.join("\n\n")}\n`, open };
}

function summary(count, tested, open) {
  const rest = count - tested - open.length;
  const all = `${count} lines: ${tested} with tests, ${rest} with the reason why there is none`;
  return open.length === 0 ? `${all}.` : `${all}, ${open.length} open: ${open.join(", ")}.`;
}

function asserted(tests, reason) {
  const found = tests.map(({ path, title }) => `[${path}](../${path}): ${plain(title)}`);
  if (reason !== undefined) found.unshift(`*${reason}*`);
  return found.length === 0 ? "**open**" : found.join("<br>");
}

/** Titles are text, not Markdown. */
const plain = (title) => title.replace(/[*_<>[\]|]/g, "\\$&");

function testsByLine(files, known) {
  const tests = new Map();
  for (const { path, code } of files) {
    for (const { title, numbers } of tagsIn(path, code)) {
      for (const number of numbers) {
        if (!known.has(number))
          throw new Error(`${path}: "${title}" is tagged with line ${number}: there is none`);
        if (!tests.has(number)) tests.set(number, []);
        tests.get(number).push({ path, title });
      }
    }
  }
  return tests;
}

function* testsOfCheckout() {
  for (const folder of FOLDERS) {
    for (const path of filesIn(root, folder).toSorted())
      if (/\.ts$/.test(path) && !path.startsWith("test/scripts/"))
        yield { path, code: readFileSync(join(root, path), "utf8") };
  }
}
