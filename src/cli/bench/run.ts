import { randomBytes } from "node:crypto";
import { fail, print, say } from "../action.js";
import { chooseServers, type ServerChoice } from "../connection-options.js";
import { WrongUse } from "../outbox/ended.js";
import { count, size as sizeText } from "../outbox/figures.js";
import { printable } from "../outbox/inspect.js";
import { Interrupt } from "../outbox/interrupt.js";
import { makeBar } from "../outbox/progress-bar.js";
import { safeJson } from "../safe.js";
import { MOST, MSGS } from "./limits.js";
import { Bench, type Load } from "./load.js";
import { benchJson, describeBench } from "./report.js";

/** Options of `holdfast bench`. */
export interface BenchCommandOptions extends ServerChoice {
  pub: number;
  sub: number;
  msgs?: number;
  seconds?: number;
  /** Bytes. */
  size: number;
  rate?: number;
  request?: boolean;
  json?: boolean;
}

const LOOK_EVERY = 120;

/**
 * Loads a server and prints what that gave; returns the exit code: 0, 1 when something failed or is missing, 130 at Ctrl-C.
 *
 * Rejects with `WrongUse`, and as `connect()` does.
 */
export async function runBench(subject: string | undefined, given: BenchCommandOptions): Promise<number> {
  const load = toLoad(subject, given);
  const { options, from, warnings } = await chooseServers(given);
  for (const warning of warnings) say(warning);
  const interrupt = new Interrupt();
  const bench = new Bench(load, options);
  interrupt.signal.addEventListener("abort", () => bench.stop(), { once: true });
  try {
    const nc = await bench.begin().catch((error: unknown) => {
      if (bench.stuck) process.exit(fail(error));
      throw error;
    });
    if (nc === undefined) {
      await bench.end();
      // A server that is silent keeps the attempt to connect alive for seconds; there is nothing else left to do.
      process.exit(interrupt.code);
    }
    const most = nc.info?.max_payload ?? Number.POSITIVE_INFINITY;
    if (load.size > most) {
      throw new WrongUse(
        `--size ${load.size} is more than ${nc.getServer()} takes: its max_payload is ${most}`,
      );
    }
    if (!given.json) say(`${from}: ${nc.getServer()}; ${told(load)}; Ctrl-C ends it`);
    const bar = makeBar("bench");
    const looking = setInterval(() => {
      const { done, total } = bench.progress();
      if (total > 0) bar.update(done, total);
    }, LOOK_EVERY);
    const measured = await bench.run().finally(() => {
      clearInterval(looking);
      bar.stop();
    });
    const interrupted = interrupt.heard;
    if (given.json === true) print(safeJson(benchJson(load, measured, interrupted), 2));
    else print(describeBench(load, measured, interrupted));
    if (interrupted) return interrupt.code;
    const { gaveUp, missing, failed } = measured;
    return gaveUp !== undefined || missing > 0 || Object.keys(failed).length > 0 ? 1 : 0;
  } finally {
    await bench.end();
    interrupt.done();
  }
}

/** @throws WrongUse for what makes no sense together */
function toLoad(subject: string | undefined, given: BenchCommandOptions): Load {
  const { pub, sub, size, seconds, rate, request = false } = given;
  const msgs = given.msgs ?? (seconds === undefined ? MSGS : Number.POSITIVE_INFINITY);
  if (pub + sub === 0) throw new WrongUse("--pub 0 and --sub 0 leave nothing to do");
  if (request && pub === 0) throw new WrongUse("--request needs who asks: --pub 1 or more");
  if (subject === undefined && (pub === 0 || (request && sub === 0))) {
    throw new WrongUse(
      "say the subject: without one of ours at the other end, nobody knows the one that is made up",
    );
  }
  if (given.msgs !== undefined && seconds !== undefined) throw new WrongUse("--msgs or --seconds, not both");
  if (subject !== undefined) refuseWrong(subject);
  if (subject !== undefined && pub > 0 && /(?:^|\.)[*>](?:\.|$)/.test(subject)) {
    throw new WrongUse(`nobody can publish to ${printable(subject)}: it has a wildcard`);
  }
  if (Number.isFinite(msgs) && msgs * size > MOST.bytes) {
    throw new WrongUse(
      `${count(msgs)} messages of ${sizeText(size)} are more than ${sizeText(MOST.bytes)} of payload; ask for less`,
    );
  }
  return {
    subject: subject ?? `holdfast.bench.${randomBytes(6).toString("hex")}`,
    ...{ pub, sub, msgs, seconds, size, rate, request },
  };
}

/** Longest subject: servers take control lines of 4 KiB. */
const LONGEST = 3072;

/** @throws WrongUse for what is no subject; what may be a password is not shown */
function refuseWrong(subject: string): void {
  if (/:\/\/|:[^@]*@/.test(subject))
    throw new WrongUse("the argument is a subject, and this looks like a server: that is for --server");
  const why = /[\s\p{Cc}]/u.test(subject)
    ? "has white space in it"
    : subject.split(".").includes("")
      ? "has an empty token"
      : Buffer.byteLength(subject) > LONGEST
        ? `is longer than ${LONGEST} bytes`
        : undefined;
  if (why !== undefined) throw new WrongUse(`subject "${printable(subject)}" ${why}`);
}

function told({ pub, sub, msgs, seconds, size, rate, request, subject }: Load): string {
  const what = request ? "requests" : "messages";
  const many = Number.isFinite(msgs) ? `${count(msgs)} ${what}` : `${what} for ${seconds} s`;
  const fast = rate === undefined ? "as fast as it goes" : `${count(rate)} per second`;
  const who = request ? `${pub} asking, ${sub} answering` : `${pub} publishing, ${sub} subscribing`;
  if (pub === 0) return `waiting for ${many} to ${printable(subject)}, ${who}`;
  return `this loads it with ${many} of ${sizeText(size)}, ${fast}, ${who}`;
}
