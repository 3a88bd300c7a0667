// The entry of every npm script: node scripts/run.mjs <command> [arguments]
// Nothing is imported statically, so that a Node which is too old gets an answer instead of a syntax error.

const [major, minor] = process.versions.node.split(".").map(Number);
if (major < 20 || (major === 20 && minor < 19)) {
  console.error(`Holdfast needs Node.js 20.19 or newer; this is ${process.version}. See https://nodejs.org`);
  process.exit(1);
}

const { bootstrap } = await import("./bootstrap.mjs");
const { dist, tools } = await import("./lib/compile.mjs");
const { example } = await import("./lib/example-command.mjs");
const { foreground } = await import("./lib/foreground.mjs");
const { root } = await import("./lib/paths.mjs");
const { test } = await import("./lib/test-command.mjs");
const { natsServer } = await import("./nats-server.mjs");

const [command, ...args] = process.argv.slice(2);
const compiled = (path) => `${root}/${tools.out}/${path}`;

/** Runs a compiled program with NATS_SERVER set. */
async function withServer(...nodeArgs) {
  const found = await bootstrap({ targets: [tools], programs: [natsServer] });
  return foreground([...nodeArgs, ...args], { env: { ...process.env, ...found } });
}

/** On a machine where no nats-server can be had, the demo shows the same with the embedded test servers; that of a crash cannot, for they have no stream on disk. */
async function demo() {
  await bootstrap({ targets: [tools] });
  const env = { ...process.env };
  if (!args.includes("--test-servers")) {
    try {
      Object.assign(env, await bootstrap({ programs: [natsServer] }));
    } catch (error) {
      if (args.includes("--crash")) throw error;
      console.error(`holdfast: ${error.message}`);
      console.error("holdfast: so the demo runs on embedded test servers (--test-servers)");
      args.push("--test-servers");
    }
  }
  return foreground([compiled("demo/main.js"), ...args], { env });
}

const commands = {
  demo,
  bench: () => withServer("--expose-gc", compiled("bench/main.js")),
  soak: () => withServer("--expose-gc", compiled("soak/main.js")),
  chaos: () => withServer("--expose-gc", compiled("chaos/main.js")),
  test: () => test(args),
  async sim() {
    await bootstrap({ targets: [tools] });
    return foreground([compiled("src/testing/sim/main.js"), ...args]);
  },
  async storm() {
    await bootstrap({ targets: [tools] });
    return foreground([compiled("storm/main.js"), ...args]);
  },
  async fuzz() {
    await bootstrap({ targets: [tools] });
    return foreground([compiled("fuzz/main.js"), ...args]);
  },
  async build() {
    await bootstrap({ targets: [dist] });
    return 0;
  },
  async format() {
    await bootstrap();
    return foreground([`${root}/node_modules/@biomejs/biome/bin/biome`, "check", "--write", root, ...args]);
  },
  async docs() {
    await bootstrap();
    return foreground([`${root}/scripts/docs.mjs`, ...args]);
  },
  async site() {
    await bootstrap();
    return foreground([`${root}/scripts/site.mjs`, ...args]);
  },
  async micro() {
    await bootstrap({ targets: [tools] });
    return foreground([compiled("bench/micro/main.js"), ...args]);
  },
  causes: () => withServer(compiled("causes/main.js")),
  example: () => example(args),
};

try {
  if (!Object.hasOwn(commands, command ?? "")) {
    throw new Error(`usage: node scripts/run.mjs ${Object.keys(commands).join("|")} [arguments]`);
  }
  process.exitCode = await commands[command]();
} catch (error) {
  console.error(`holdfast: ${error.message}`);
  process.exitCode = 1;
}
