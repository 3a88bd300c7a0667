// Writes the pages that are made from the sources and the tests: node scripts/docs.mjs
import { mkdirSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { apiReports } from "./docs/api/reports.mjs";
import { eventsPage } from "./docs/page.mjs";
import { parityPage } from "./docs/parity/page.mjs";
import { root } from "./lib/paths.mjs";

function write(path, text) {
  mkdirSync(dirname(join(root, path)), { recursive: true });
  writeFileSync(join(root, path), text);
}

const pages = [
  () => write("docs/events.md", eventsPage()),
  () => {
    const { page, open } = parityPage();
    write("docs/parity.md", page);
    if (open.length > 0) console.log(`docs/parity.md: ${open.length} lines are open: ${open.join(", ")}`);
  },
  async () => {
    for (const { path, text } of await apiReports()) write(path, text);
  },
];
for (const page of pages) {
  try {
    await page();
  } catch (error) {
    console.error(error.message);
    process.exitCode = 1;
  }
}
