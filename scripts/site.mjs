// Builds the site of the guide into .cache/site/html: node scripts/site.mjs [--serve] [--port N] [--base PATH] [--out DIR]
// --pages DIR, in the checkout: where the pages are laid out before.
import { createServer } from "node:http";
import { join, resolve } from "node:path";
import { parseArgs } from "node:util";
import { buildSite } from "./docs/site/build.mjs";
import { siteHandler } from "./docs/site/serve.mjs";
import { cache } from "./lib/paths.mjs";

const { values } = parseArgs({
  options: {
    serve: { type: "boolean", default: false },
    port: { type: "string", default: "4173" },
    base: { type: "string", default: "/" },
    out: { type: "string", default: join(cache, "site", "html") },
    pages: { type: "string", default: join(cache, "site", "pages") },
  },
});
const out = resolve(values.out);
const base = values.base.replace(/\/*$/, "/");
try {
  const { pages, reference } = await buildSite({ dir: resolve(values.pages), out, base });
  for (const remark of reference.remarks) console.warn(`reference: ${remark}`);
  console.log(`${pages.length} pages and the reference of ${reference.entries.length} entries are in ${out}`);
  if (values.serve) serve();
} catch (error) {
  console.error(`holdfast: ${error.message}`);
  process.exitCode = 1;
}

function serve() {
  const server = createServer(siteHandler(out, base));
  server.listen(Number(values.port), "127.0.0.1", () =>
    console.log(`http://127.0.0.1:${server.address().port}${base} (Ctrl+C ends it)`),
  );
}
