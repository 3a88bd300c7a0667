import { existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import type { Sandbox } from "./fakes.js";

/** The packages of a suite: the files in each by their paths, and the names of those that come along with it. */
export type FakeSuite = Record<string, { files: Record<string, string>; needs?: string[] }>;

export interface FakeApt {
  /** The calls so far that fetch something, each with the sources it was made with. */
  calls(): string[];
  /** Path and contents of the record of installed packages by which an installation was planned. */
  statusUsed(): string[];
  /** Lets `apt-get update` go on; it waits for this for 30 s at most. */
  openGate(): void;
}

const MAIN = "http://mirror.invalid/debian/\\tmain\\tbookworm";
const SECURITY = "http://mirror.invalid/debian-security/\\tmain\\tbookworm-security";

/**
 * Puts an apt and a dpkg into the sandbox that act on files only. The system is configured for a mirror of Debian and for
 * its security archive, of which it has no lists so far. What is not in `suites` cannot be had.
 */
export function fakeApt(box: Sandbox, suites: Record<string, FakeSuite>): FakeApt {
  const { dir } = box;
  const mirror = join(dir, "mirror");
  for (const [suite, packages] of Object.entries(suites)) {
    mkdirSync(join(mirror, suite), { recursive: true });
    for (const [name, { files, needs = [] }] of Object.entries(packages)) {
      mkdirSync(join(mirror, suite, name));
      writeFileSync(join(mirror, suite, `${name}.needs`), needs.join(" "));
      for (const [path, text] of Object.entries(files)) {
        const file = join(mirror, suite, name, path);
        mkdirSync(dirname(file), { recursive: true });
        writeFileSync(file, text, { mode: text.startsWith("#!") ? 0o755 : 0o644 });
      }
    }
  }
  box.program(
    "apt-get",
    `case "$*" in
    --no-release-info*) printf '${MAIN}\\t$(ORIGIN)\\n${SECURITY}\\t$(ORIGIN)\\n'; exit;;
    indextargets*) printf '${MAIN}\\tDebian\\n'; exit;;
    esac
    config=$3; shift 3
    echo "$*: $(cat sources.list)" | paste -s -d ';' >> ${dir}/calls
    suites=$(cut -d ' ' -f 5 sources.list)
    put() {
      for suite in $suites; do
        [ -d ${mirror}/$suite/$1 ] || continue
        echo ${mirror}/$suite/$1 > $2/$1.deb
        for more in $(cat ${mirror}/$suite/$1.needs); do put $more $2; done
        return
      done
      echo "E: Unable to locate package $1" >&2
      exit 100
    }
    case "$1" in
    update)
      i=0; while [ ! -e ${dir}/gate ] && [ $i -lt 600 ]; do i=$((i+1)); sleep 0.05; done
      for suite in $suites; do [ -d ${mirror}/$suite ] || { echo "E: there is no $suite" >&2; exit 100; }; done;;
    download) put $2 .;;
    install)
      status=$(sed -n 's/^Dir::State::status "\\(.*\\)";/\\1/p' "$config")
      { echo "$status"; cat "$status"; } > ${dir}/status-used
      for name; do case $name in -*|install) ;; *) put $name archives;; esac; done;;
    esac`,
  );
  box.program(
    "dpkg",
    `case "$1" in
    --print-architecture) echo amd64;;
    -x) mkdir -p "$3" && cp -R "$(cat "$2")"/. "$3";;
    esac`,
  );
  const linesOf = (name: string) => readFileSync(join(dir, name), "utf8").trim().split("\n");
  writeFileSync(join(dir, "status"), "Package: libc6\n");
  box.program("apt-config", `echo "STATUS='${dir}/status'"`);
  return {
    calls: () => (existsSync(join(dir, "calls")) ? linesOf("calls") : []),
    statusUsed: () => linesOf("status-used"),
    openGate: () => writeFileSync(join(dir, "gate"), ""),
  };
}
