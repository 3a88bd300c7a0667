import { execFileSync } from "node:child_process";
import { existsSync, readdirSync, readFileSync, renameSync } from "node:fs";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { type FakeApt, type FakeSuite, fakeApt } from "./fake-apt.js";
import { Finding } from "./finding.js";

let finding: Finding;
beforeEach(() => {
  finding = new Finding("chromium");
});
afterEach(() => finding[Symbol.dispose]());

const command = (env?: NodeJS.ProcessEnv) => finding.command(env);
const caller = () => finding.caller("findChromium");
const elsewhere = (name: string) => join(finding.box.dir, name);
const launcher = () => join(finding.cache, "browser", "chromium");
/** What the fake browsers write down. */
const noted = (name: string) => readFileSync(elsewhere(name), "utf8").trim().split("\n");

/** A browser that prints the page that it is asked for, as it would be after its scripts have run. */
const draws = (width: number) =>
  `echo '<html><body><p><span id="a">${width} wide in Mozilla/5.0 HeadlessChrome/156.0.0.0 Safari/537.36</span></p></body></html>'`;
const browser = (name: string, script = draws(31), folder?: string) =>
  finding.box.program(name, script, folder);

describe("a Chromium that is there", () => {
  it("takes $CHROMIUM and prints nothing but its path", async () => {
    const path = browser("anything", draws(31), elsewhere("elsewhere"));
    expect(await command({ CHROMIUM: path })).toEqual({ code: 0, stdout: `${path}\n`, stderr: "" });
  });

  it.each([
    ["does not exist", () => "/nowhere/chromium", "there is no such file"],
    ["is another program", () => browser("other", "echo hello"), "it does not draw a page (it ended with 0)"],
    [
      "shows the page only as it was",
      () => browser("other", `for page; do :; done; echo "$page"`),
      "it does not draw a page",
    ],
    [
      "misses a library",
      () =>
        browser("other", "echo noise >&2; echo 'libnss3.so: cannot open shared object file' >&2; exit 127"),
      "it does not draw a page (libnss3.so: cannot open shared object file)",
    ],
    ["has no fonts", () => browser("other", draws(0)), "it finds no fonts to draw text with"],
  ])("refuses a $CHROMIUM that %s, although PATH has one", async (_, make, why) => {
    browser("chromium");
    const ended = await command({ CHROMIUM: make() });
    expect(ended).toMatchObject({ code: 1, stdout: "" });
    expect(ended.stderr).toContain("$CHROMIUM");
    expect(ended.stderr).toContain(why);
  });

  it.each(["chromium", "chromium-browser", "google-chrome", "chromium-headless-shell"])(
    "finds %s in PATH",
    async (name) => {
      const path = browser(name);
      expect(await command()).toEqual({ code: 0, stdout: `${path}\n`, stderr: "" });
    },
  );

  it("passes over a stub that only tells to install a snap", async () => {
    browser("chromium-browser", "echo 'requires the chromium snap to be installed' >&2; exit 1");
    const path = browser("google-chrome");
    const ended = await command();
    expect(ended).toMatchObject({ code: 0, stdout: `${path}\n` });
    expect(ended.stderr).toContain("chromium snap");
  });

  it("tries it without a window, as root may, with a new profile, which it removes", async () => {
    browser(
      "chromium",
      `for arg; do
         echo "$arg" >> ${elsewhere("arguments")}
         case $arg in --user-data-dir=*) ls -A "\${arg#*=}" >> ${elsewhere("profile")}; touch "\${arg#*=}/used";; esac
       done; ${draws(31)}`,
    );
    expect((await command()).code).toBe(0);
    expect(noted("arguments")).toEqual(
      expect.arrayContaining([
        "--headless",
        "--no-sandbox",
        "--disable-gpu",
        "--disable-background-networking",
      ]),
    );
    const profile = noted("arguments").find((arg) => arg.startsWith("--user-data-dir="))!;
    expect(noted("profile")).toEqual([""]);
    expect(existsSync(profile.split("=")[1])).toBe(false);
  });

  it("takes the cached one without asking apt", async () => {
    const { calls } = fakeApt(finding.box, {});
    browser("chromium", draws(31), join(finding.cache, "browser"));
    expect(await caller().ended).toMatchObject({ code: 0, stdout: `${launcher()}\n`, stderr: "" });
    expect(calls()).toEqual([]);
  });
});

describe("fetching one", () => {
  /** Prints its surroundings when asked to. */
  const script = `#!/bin/sh
    case "$1" in
    surroundings) echo "$LD_LIBRARY_PATH"; echo "$FONTCONFIG_FILE"; echo $$ "$2";;
    *) ${draws(31)};;
    esac`;
  const fonts: FakeSuite = {
    "fonts-liberation": { files: { "usr/share/fonts/truetype/liberation/LiberationSans-Regular.ttf": "" } },
    "fonts-dejavu-core": { files: { "usr/share/fonts/truetype/dejavu/DejaVuSans.ttf": "" } },
  };
  const packages = (name: string, text = script): FakeSuite => ({
    ...fonts,
    [name]: { files: { [`usr/lib/chromium/${name}`]: text }, needs: ["chromium-common", "libpulse0"] },
    "chromium-common": { files: { "usr/lib/chromium/libEGL.so": "", "usr/bin/xdg-open": "#!/bin/sh\n" } },
    libpulse0: {
      files: {
        "lib/x86_64-linux-gnu/libasyncns.so.0": "",
        "usr/lib/x86_64-linux-gnu/libpulse.so.0": "",
        "usr/lib/x86_64-linux-gnu/pulseaudio/libpulsecommon-16.1.so": "",
        "usr/lib/x86_64-linux-gnu/glibc-hwcaps/x86-64-v3/libpulse.so.0": "",
        "usr/lib/x86_64-linux-gnu/gconv/UTF-7.so": "",
      },
    },
  });
  const apt = (suites: Record<string, FakeSuite>): FakeApt => {
    const made = fakeApt(finding.box, suites);
    made.openGate();
    return made;
  };
  it("takes the small one of the system's own suites, with what the system lacks and with fonts", async () => {
    const { calls } = apt({
      bookworm: packages("chromium"),
      "bookworm-security": packages("chromium-headless-shell"),
    });
    expect(await caller().ended).toMatchObject({ code: 0, stdout: `${launcher()}\n` });
    const source = (archive: string, suite: string) =>
      `deb [arch=amd64 signed-by=${finding.keyring}] http://mirror.invalid/${archive}/ ${suite} main`;
    const sources = `${source("debian", "bookworm")};${source("debian-security", "bookworm-security")}`;
    expect(calls()).toEqual([
      `update: ${sources}`,
      "install --yes --download-only --reinstall --no-install-recommends chromium-headless-shell fonts-liberation " +
        `fonts-dejavu-core: ${sources}`,
    ]);
    expect(finding.cached()).toEqual(["browser"]);
    expect(readdirSync(join(finding.cache, "browser")).sort()).toEqual([
      "chromium",
      "fonts.conf",
      "lib",
      "usr",
    ]);
    expect(readdirSync(join(finding.cache, "browser/usr/share/fonts/truetype")).sort()).toEqual([
      "dejavu",
      "liberation",
    ]);
  });

  it("plans with a copy of what dpkg has installed, since apt locks the original", async () => {
    const { statusUsed } = apt({ bookworm: packages("chromium-headless-shell"), "bookworm-security": {} });
    expect((await caller().ended).code).toBe(0);
    const [path, ...contents] = statusUsed();
    expect(path.startsWith(join(finding.cache, "fetching-"))).toBe(true);
    expect(contents).toEqual(["Package: libc6"]);
  });

  it("starts it with its libraries and fonts, as the same process, wherever the tree is moved", async () => {
    apt({ bookworm: packages("chromium-headless-shell"), "bookworm-security": {} });
    expect((await caller().ended).code).toBe(0);
    const moved = elsewhere("moved here");
    renameSync(join(finding.cache, "browser"), moved);
    const env = { LD_LIBRARY_PATH: "/opt/lib" };
    const shell = ["-c", 'echo $$; exec "$0" "$@"', join(moved, "chromium"), "surroundings", "two  words"];
    const [pid, libraries, fonts, last] = execFileSync("/bin/sh", shell, { env, encoding: "utf8" }).split(
      "\n",
    );
    expect(libraries.split(":")).toEqual([
      `${moved}/lib/x86_64-linux-gnu`,
      `${moved}/usr/lib/x86_64-linux-gnu`,
      `${moved}/usr/lib/x86_64-linux-gnu/pulseaudio`,
      "/opt/lib",
    ]);
    expect(fonts).toBe(`${moved}/fonts.conf`);
    expect(existsSync(fonts)).toBe(true);
    expect(last).toBe(`${pid} two  words`);
  });

  it("does without the security archive, and without the small one, where they cannot be had", async () => {
    const { calls } = apt({ bookworm: packages("chromium") });
    expect(await caller().ended).toMatchObject({ code: 0, stdout: `${launcher()}\n` });
    expect(calls()).toHaveLength(3);
  });

  it("refuses one that does not start, says why, and leaves nothing", async () => {
    const broken = "#!/bin/sh\necho 'libc.so.6: version GLIBC_2.99 not found' >&2; exit 1";
    const empty = { chromium: { files: {} } };
    apt({
      bookworm: { ...packages("chromium-headless-shell", broken), ...empty },
      "bookworm-security": {},
    });
    const ended = await caller().ended;
    expect(ended).toMatchObject({ code: 1, stdout: "" });
    expect(ended.stderr).toContain(
      "chromium-headless-shell: it does not draw a page (libc.so.6: version GLIBC_2.99",
    );
    expect(ended.stderr).toContain("chromium: no Chromium is in its packages");
    expect(ended.stderr).toContain("apt install chromium");
    expect(finding.cached()).toEqual([]);
  });

  it("puts it in the place of a tree that does not work any more", async () => {
    apt({ bookworm: packages("chromium-headless-shell"), "bookworm-security": {} });
    browser("chromium", "exit 127", join(finding.cache, "browser"));
    expect(await caller().ended).toMatchObject({ code: 0, stdout: `${launcher()}\n` });
    expect(finding.cached()).toEqual(["browser"]);
  });

  it("is done once for three concurrent callers, and again after one that was killed", async () => {
    const { calls, openGate } = fakeApt(finding.box, {
      bookworm: packages("chromium-headless-shell"),
      "bookworm-security": {},
    });
    const first = caller();
    await vi.waitFor(() => expect(calls()).toHaveLength(1), 10_000);
    const others = [caller(), caller()];
    first.child.kill("SIGKILL");
    openGate();
    for (const { ended } of others) expect(await ended).toMatchObject({ code: 0, stdout: `${launcher()}\n` });
    expect(calls().filter((call) => call.startsWith("install"))).toHaveLength(1);
    expect(finding.cached()).toEqual(["browser"]);
  });

  it("passes on what apt says when it cannot plan it", async () => {
    apt({ bookworm: {}, "bookworm-security": {} });
    expect((await caller().ended).stderr).toContain("chromium: E: Unable to locate package chromium");
  });

  it("says how to install one where there is no apt", async () => {
    const ended = await command();
    expect(ended).toMatchObject({ code: 1, stdout: "" });
    expect(ended.stderr).toContain("there is no apt-get here");
    expect(ended.stderr).toContain("https://www.google.com/chrome");
    expect(ended.stderr).toContain("or set CHROMIUM");
  });
});
