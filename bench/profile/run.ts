import { mkdtempSync, readdirSync, readFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Case } from "../case.js";
import type { ClientName } from "../clients/client.js";
import { NAMES } from "../clients/names.js";
import { FIGURES, type Run, type Sample } from "../figures.js";
import { Ground } from "../ground.js";
import { untilReleased } from "../processes/role.js";
import { table } from "../report/tables.js";
import { USUAL_MS, WARM_CONNECTIONS, type Work } from "../works/work.js";
import { type SelfSize, selfSizes } from "./self-size.js";
import { type CallFrame, type SelfTime, selfTimes } from "./self-time.js";
import { place } from "./source.js";

/** Long, so that starting and warming up are a small part of it. */
const MS = 3000;
const INTERVAL_US = 250;
const INTERVAL_BYTES = 4096;
const ROWS = 25;
/** Where Node starts itself and loads modules. */
const STARTING = /^node:internal\/(modules|bootstrap|deps)\//;

/** What is to be profiled. */
export interface ProfileRequest {
  readonly of: Case;
  readonly client: ClientName;
  /** Keep V8 from inlining: slower, but each function is seen for itself. */
  readonly apart: boolean;
  /** The executable of the Node that it runs on; undefined: this one. */
  readonly node: string | undefined;
}

/** How much of the whole is one function's. */
export interface FunctionShare {
  readonly name: string;
  /** 0 to 1. */
  readonly share: number;
  /** Of memory: bytes for each connection or subscription. */
  readonly each?: number;
  readonly where: string;
}

/** Which functions of Holdfast take most: of its busy time, or of what they have allocated and is still held. */
export interface TopFunctions {
  readonly of: "time" | "memory";
  readonly functions: readonly FunctionShare[];
}

/** A case with several steps shows its last, the heaviest. */
interface Profile {
  readonly sample: Sample;
  readonly times: readonly SelfTime[];
  /** The whole profile. */
  readonly file: string;
}

/** Runs a case once with one client under `--cpu-prof`; resolves with its top functions by self time, as text. */
export async function profileCase(request: ProfileRequest): Promise<string> {
  const { of, client } = request;
  const { sample, times, file } = await profile(request);
  const rows = table(["function", "self", "share of busy time", "where"], [0, 3]);
  for (const { frame, seconds, share } of times.slice(0, ROWS)) {
    rows.push([
      nameOf(frame),
      `${Math.round(seconds * 1000)} ms`,
      `${(share * 100).toFixed(1)} %`,
      place(frame),
    ]);
  }
  const figures = of.figures
    .filter((name) => sample[name] !== undefined)
    .map((name) => `${FIGURES[name].label} ${FIGURES[name].format(sample[name]!)}`);
  return [
    `${of.name}, ${NAMES[client]}, while profiled: ${figures.join(", ")}`,
    rows.toString(),
    `The whole profile, for Chrome's DevTools or speedscope: ${file}`,
  ].join("\n");
}

/** The functions of Holdfast that take most; for the page. */
export async function topFunctions(
  what: TopFunctions["of"],
  rows: number,
  request: Pick<ProfileRequest, "of" | "node">,
): Promise<TopFunctions> {
  const whole = { ...request, client: "holdfast", apart: false } as const;
  const functions = what === "time" ? await busiest(whole, rows) : await heaviest(whole, rows);
  return { of: what, functions };
}

async function busiest(request: ProfileRequest, rows: number): Promise<FunctionShare[]> {
  const { times } = await profile(request);
  // Starting is no part of what was to be fast.
  const own = times.filter(({ frame }) => !STARTING.test(frame.url));
  return own.slice(0, rows).map(({ frame, share }) => ({ name: nameOf(frame), share, where: place(frame) }));
}

async function heaviest(request: ProfileRequest, rows: number): Promise<FunctionShare[]> {
  const holders = holdersOf(request.of.works.at(-1)!);
  const sizes = await heldBytes(request);
  return sizes.slice(0, rows).map(({ frame, share, bytes }) => ({
    name: nameOf(frame),
    share,
    each: Math.round(bytes / holders),
    where: place(frame),
  }));
}

/** How many of what memory is counted by. */
function holdersOf(work: Work): number {
  if (work.kind === "connections") return work.count + Math.min(work.count, WARM_CONNECTIONS);
  return work.kind === "receive" ? (work.subscriptions ?? 1) : 1;
}

function nameOf({ functionName }: CallFrame): string {
  return functionName || "(anonymous)";
}

async function profile({ of, client, apart, node }: ProfileRequest): Promise<Profile> {
  const flags = [`--cpu-prof-interval=${INTERVAL_US}`, ...(apart ? ["--no-turbo-inlining"] : [])];
  const { run, file } = await recorded("cpu-prof", flags, { of, client, node, ms: MS });
  const times = selfTimes(JSON.parse(readFileSync(file, "utf8")), [untilReleased.name]);
  return { sample: Object.values(run).at(-1)!, times, file };
}

async function heldBytes({ of, client, node }: ProfileRequest): Promise<SelfSize[]> {
  const flags = [`--heap-prof-interval=${INTERVAL_BYTES}`];
  const { file } = await recorded("heap-prof", flags, { of, client, node, ms: USUAL_MS });
  // What Node itself holds is the same whatever is done.
  return selfSizes(JSON.parse(readFileSync(file, "utf8"))).filter(
    ({ frame }) => !frame.url.startsWith("node:"),
  );
}

/** Measures the last step of a case, the heaviest, in a process that writes a profile; resolves with both. */
async function recorded(
  kind: "cpu-prof" | "heap-prof",
  flags: readonly string[],
  { of, client, node, ms }: Omit<ProfileRequest, "apart"> & { ms: number },
): Promise<{ run: Run; file: string }> {
  const dir = mkdtempSync(join(tmpdir(), "holdfast-profile-"));
  await using ground = new Ground({ ms, node });
  const execArgv = [`--${kind}`, `--${kind}-dir=${dir}`, ...flags];
  const run = await ground.measure({ of: { ...of, works: of.works.slice(-1) }, client, round: 0, execArgv });
  const file = readdirSync(dir).find((name) => name.endsWith("profile"));
  if (file === undefined) throw new Error("Node wrote no profile");
  return { run, file: join(dir, file) };
}
