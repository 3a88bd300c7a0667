import { existsSync, readFileSync, statSync } from "node:fs";
import { extname, join, normalize } from "node:path";

const TYPES = {
  ".html": "text/html; charset=utf-8",
  ".js": "text/javascript; charset=utf-8",
  ".css": "text/css; charset=utf-8",
  ".json": "application/json",
  ".svg": "image/svg+xml",
  ".png": "image/png",
};

/**
 * A handler for `node:http` that answers from a folder of the site, to look at it; a real one belongs behind a real web server.
 *
 * @param {string} dir
 * @param {string} [base] the path that the site was built for
 * @returns {import("node:http").RequestListener}
 */
export function siteHandler(dir, base = "/") {
  return (request, response) => {
    const answer = (status, path) => {
      response.writeHead(status, { "content-type": TYPES[extname(path)] ?? "application/octet-stream" });
      response.end(request.method === "HEAD" ? undefined : readFileSync(path));
    };
    const file = fileFor(request.url ?? "/", dir, base);
    if (file === undefined) answer(404, join(dir, "404.html"));
    else answer(200, file);
  };
}

/** The file for an address, or undefined: never one outside of the folder. */
function fileFor(url, dir, base) {
  let path;
  try {
    path = decodeURIComponent(new URL(url, "http://site").pathname);
  } catch {
    return undefined;
  }
  if (!path.startsWith(base) || path.includes("\0")) return undefined;
  const inside = normalize(`/${path.slice(base.length)}`);
  const found = [inside, `${inside}.html`, join(inside, "index.html")].map((name) => join(dir, name));
  return found.find((name) => existsSync(name) && statSync(name).isFile());
}
