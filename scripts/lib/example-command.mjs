import { existsSync } from "node:fs";
import { basename, join } from "node:path";
import { bootstrap } from "../bootstrap.mjs";
import { natsServer } from "../nats-server.mjs";
import { dist, examples } from "./compile.mjs";
import { filesIn } from "./fingerprint.mjs";
import { foreground } from "./foreground.mjs";
import { root } from "./paths.mjs";

const WATCH_MS = 100;
/** How long the server stays away when somebody has killed it. */
const OUTAGE_MS = 5_000;

/**
 * `npm run example -- NAME [arguments]`: runs an example. Where neither `NATS_SERVERS` nor `NATS_URL` says which servers to use, it
 * gets a nats-server of its own, which comes back when it is killed.
 *
 * @param {string[]} args
 * @returns {Promise<number>} the exit code
 */
export async function example([name, ...args]) {
  const found = programs().find((path) => path === name || basename(path) === name);
  if (!found) {
    throw new Error(
      `usage: npm run example -- NAME [arguments], where NAME is one of\n${programs().join("\n")}`,
    );
  }
  await bootstrap({ targets: [dist, examples] });
  const program = join(root, examples.out, `${found}.js`);
  if (process.env.NATS_SERVERS || process.env.NATS_URL) return foreground([program, ...args]);
  const { NATS_SERVER } = await bootstrap({ programs: [natsServer] });
  const { NatsServer } = await import(join(root, dist.out, "testing", "index.js"));
  const server = await NatsServer.start({ binary: NATS_SERVER, jetstream: true });
  const restarter = keepUp(server);
  say(
    `nats-server has process id ${server.pid} and listens on ${server.url}: kill -9 ${server.pid} shows an outage of 5 s`,
  );
  try {
    return await foreground([program, ...args], { env: { ...process.env, NATS_SERVERS: server.url } });
  } finally {
    clearInterval(restarter);
    await server.close();
  }
}

/** The examples that are programs, as `patterns/circuit-breaker`; what several share is in folders that begin with `_`. */
function programs() {
  const sources = join(root, examples.sources);
  if (!existsSync(sources)) return [];
  return filesIn(sources, ".")
    .filter((path) => path.endsWith(".ts") && !/(^|\/)_|node_modules/.test(path))
    .map((path) => path.slice(0, -".ts".length))
    .sort();
}

function keepUp(server) {
  let restarting = false;
  return setInterval(async () => {
    if (server.running || restarting) return;
    restarting = true;
    say("nats-server is gone");
    await new Promise((resolve) => setTimeout(resolve, OUTAGE_MS));
    await server.restart().catch((error) => say(error.message));
    say(`nats-server is back, with process id ${server.pid}`);
    restarting = false;
  }, WATCH_MS);
}

const say = (line) => process.stderr.write(`example: ${line}\n`);
