// Writes docs/events.md: node scripts/docs.mjs
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { eventsPage } from "./docs/page.mjs";
import { root } from "./lib/paths.mjs";

try {
  writeFileSync(join(root, "docs", "events.md"), eventsPage());
} catch (error) {
  console.error(error.message);
  process.exitCode = 1;
}
