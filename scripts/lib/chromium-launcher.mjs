import { chmodSync, existsSync, readdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";

/** The name of the launcher in its tree. */
export const LAUNCHER = "chromium";
const BROWSERS = ["chromium-headless-shell", "chromium"].map((name) => `usr/lib/chromium/${name}`);

/** What Chromium asks for when a page does not name a font of ours: its own defaults are among them. */
const FAMILIES = {
  "Liberation Sans": ["sans-serif", "sans", "system-ui", "Arial", "Helvetica"],
  "Liberation Serif": ["serif", "Times New Roman", "Times"],
  "Liberation Mono": ["monospace", "Courier New", "Courier"],
};

/** The same fonts wherever the tree is used; the system's only for characters that these lack. */
const fontConfiguration = () => {
  const aliases = Object.entries(FAMILIES).flatMap(([family, names]) =>
    names.map(
      (name) =>
        `  <alias binding="same"><family>${name}</family><prefer><family>${family}</family></prefer></alias>`,
    ),
  );
  return `<?xml version="1.0"?>
<!DOCTYPE fontconfig SYSTEM "urn:fontconfig:fonts.dtd">
<fontconfig>
  <dir prefix="relative">usr/share/fonts</dir>
  <dir>/usr/share/fonts</dir>
  <cachedir prefix="xdg">fontconfig</cachedir>
${aliases.join("\n")}
</fontconfig>
`;
};

/**
 * Makes a tree of unpacked packages startable: writes a script into it that starts its Chromium with its libraries and
 * fonts. The tree may be moved; the script's process becomes Chromium's.
 *
 * @param {string} tree
 * @returns {string | undefined} what is missing, or undefined
 */
export function writeLauncher(tree) {
  const browser = BROWSERS.find((path) => existsSync(join(tree, path)));
  if (!browser) return "no Chromium is in its packages";
  const libraries = ["lib", "usr/lib"].flatMap((path) => foldersWithLibraries(tree, path));
  const searched = libraries.map((path) => `$here/${path}`).join(":");
  writeFileSync(join(tree, "fonts.conf"), fontConfiguration());
  const script = `#!/bin/sh
here=$(/usr/bin/readlink -f "$0")
here=\${here%/*}
${searched ? `export LD_LIBRARY_PATH="${searched}\${LD_LIBRARY_PATH:+:$LD_LIBRARY_PATH}"\n` : ""}\
export FONTCONFIG_FILE="$here/fonts.conf"
exec "$here/${browser}" "$@"
`;
  const launcher = join(tree, LAUNCHER);
  writeFileSync(launcher, script);
  chmodSync(launcher, 0o755);
  return undefined;
}

/**
 * Where the dynamic linker has to look: a package may keep its private libraries in a folder that only its own run path,
 * an absolute one, leads to.
 */
function foldersWithLibraries(tree, path) {
  if (!existsSync(join(tree, path))) return [];
  const entries = readdirSync(join(tree, path), { withFileTypes: true });
  const here = entries.some(({ name }) => /^lib.+\.so(\.|$)/.test(name)) ? [path] : [];
  // Variants for newer processors: the linker finds them by itself, and others could not run them.
  const below = entries.filter((entry) => entry.isDirectory() && entry.name !== "glibc-hwcaps");
  // Chromium looks for its own beside itself.
  const inside = below.map(({ name }) => `${path}/${name}`).filter((folder) => folder !== "usr/lib/chromium");
  return [...here, ...inside.flatMap((folder) => foldersWithLibraries(tree, folder))];
}
