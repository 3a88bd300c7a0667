import { createInterface } from "node:readline";
import { FaultProxy, FaultProxyError } from "../../testing/fault-proxy.js";
import { say } from "../action.js";
import { Keys } from "../keys.js";
import { WrongUse } from "../outbox/ended.js";
import { printable } from "../outbox/inspect.js";
import { Interrupt } from "../outbox/interrupt.js";
import { Control, KEEP_CLIENTS } from "./control.js";
import { Journal } from "./journal.js";
import { isLocal, type ListenAddress } from "./listen-address.js";
import { Screen } from "./screen.js";
import { parseToxic } from "./toxic-spec.js";

/** Options of `holdfast proxy`. */
export interface ProxyCommandOptions {
  listen?: ListenAddress;
  toxic?: readonly string[];
  gossip?: boolean;
  seed?: number;
}

/** A free port of this machine alone. */
const ANYWHERE_HERE: ListenAddress = { host: "127.0.0.1", port: undefined };
/** ms between two looks at the links. */
const LOOK_EVERY = 100;
/** Characters of an error: it lists all that would be right. */
const LONGEST = 1000;

/**
 * Runs a fault proxy until it is told to end; returns the exit code: 0 for `q`, `quit`, Ctrl-C and SIGTERM, since there is no other way to
 * end it. Rejects with `WrongUse`, and with `PORT_IN_USE`.
 */
export async function runProxy(target: string, options: ProxyCommandOptions): Promise<number> {
  const { host, port } = options.listen ?? ANYWHERE_HERE;
  const toxics = (options.toxic ?? []).map(parseToxic);
  const proxy = await wrongUse(() =>
    FaultProxy.start({ target, host, ...(port !== undefined && { port }), seed: options.seed }),
  );
  const interrupt = new Interrupt();
  const end = new AbortController();
  const screen = new Screen(process.stdout);
  const gone = () => end.abort();
  process.stdout.on("error", gone);
  interrupt.signal.addEventListener("abort", gone, { once: true });
  const control = new Control(proxy, gone);
  const journal = new Journal(proxy);
  let last = "";
  try {
    if (options.gossip !== true) {
      proxy.addToxic({
        type: "rewrite_info",
        name: KEEP_CLIENTS,
        info: { connect_urls: undefined, ws_connect_urls: undefined },
      });
    }
    const added = await wrongUse(async () => toxics.map((toxic) => control.add(toxic)));
    screen.line(`${proxy.hostport} → ${printable(proxy.target)}, seed ${proxy.seed}`);
    if (!isLocal(host)) say(`who reaches ${proxy.hostport} reaches ${printable(proxy.target)} through it`);
    for (const line of added) screen.line(line);
    using _input = listen(control, screen);
    await look(control, journal, screen, end.signal);
    last = control.status();
  } finally {
    screen.end();
    process.stdout.off("error", gone);
    await proxy.close();
    interrupt.done();
  }
  screen.line(`ended: ${last}`);
  return 0;
}

/** Tells what happens until it is over. */
async function look(control: Control, journal: Journal, screen: Screen, signal: AbortSignal): Promise<void> {
  const tell = () => {
    for (const line of journal.look()) screen.line(line);
    screen.status(control.status());
  };
  // The proxy itself keeps no process alive.
  const looking = setInterval(tell, LOOK_EVERY);
  try {
    tell();
    await new Promise<void>((resolve) => {
      if (signal.aborted) resolve();
      signal.addEventListener("abort", () => resolve(), { once: true });
    });
    tell();
  } finally {
    clearInterval(looking);
  }
}

/** Keys of a terminal, lines of anything else. */
function listen(control: Control, screen: Screen): Disposable {
  const tell = (lines: Promise<string[]>) =>
    lines.then((all) => {
      for (const line of all) screen.line(line);
    });
  if (process.stdin.isTTY && process.stdout.isTTY) {
    screen.line("press ? for the keys, q to quit");
    return new Keys((key) => tell(control.key(key)));
  }
  const lines = createInterface({ input: process.stdin });
  process.stdin.on("error", () => {});
  let before: Promise<unknown> = Promise.resolve();
  lines.on("line", (line) => {
    before = before.then(() => tell(control.line(line.slice(0, 10_000))));
  });
  return { [Symbol.dispose]: () => lines.close() };
}

/** What was said on the command line and does not hold is wrong use; a port that is taken is not. */
async function wrongUse<T>(begin: () => Promise<T>): Promise<T> {
  try {
    return await begin();
  } catch (error) {
    const usual = error instanceof FaultProxyError && /^(?:INVALID|DUPLICATE)_/.test(error.code);
    throw usual
      ? new WrongUse(printable(error.message.replace('option "target"', "the target"), LONGEST))
      : error;
  }
}
