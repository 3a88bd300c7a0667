import type { DoctorMonitor, MonitorAnswer, MonitorEndpoint, SeenServer } from "../report.js";
import { type Asking, type Fetched, getJson } from "./http.js";
import { endpointUrl, type MonitorAddress } from "./monitor-address.js";
import { Reading } from "./reading.js";
import { readClosed, readConnections, readHealth, readJetStream, readRoutes, readVarz } from "./seen.js";

/** What is asked, with the query that bounds the answer. `varz` goes first: by its clock it is known what was before this. */
const QUERIES: Readonly<Record<MonitorEndpoint, string>> = {
  varz: "varz",
  healthz: "healthz",
  jsz: "jsz",
  routez: "routez",
  connz: "connz?sort=pending&limit=256",
  "connz?state=closed": "connz?state=closed&sort=stop&limit=512",
};

/** Who asks, and what belongs to it. */
export interface MonitorContext extends Omit<Asking, "timeout"> {
  /** ms that a request may take now. */
  readonly patience: () => number;
  /** Name of the connections that are ours (option `connection.name`). */
  readonly ownName: string | undefined;
  /** When all of this began, by `performance.now()`: what servers have ended since then may be ours. */
  readonly begun: number;
}

/** Asks a monitoring port. Never rejects: what did not answer is missing, and told. */
export async function lookAtMonitor(
  address: MonitorAddress,
  context: MonitorContext,
  onAnswer: (answer: MonitorAnswer) => void,
): Promise<DoctorMonitor> {
  const answers: MonitorAnswer[] = [];
  let server: SeenServer = {};
  const ask = async (endpoint: MonitorEndpoint, read: (reading: Reading, fetched: Fetched) => SeenServer) => {
    const fetched = await getJson(endpointUrl(address, QUERIES[endpoint]), {
      ...context,
      timeout: context.patience(),
    });
    const { wrong, readable } = whatIsWrong(endpoint, fetched);
    const { status, ms } = fetched;
    const answer = {
      endpoint,
      ok: wrong === "",
      ms,
      ...(status === undefined ? {} : { status }),
      detail: wrong,
    };
    answers.push(answer);
    onAnswer(answer);
    if (readable) server = { ...server, ...read(new Reading(fetched.json), fetched) };
    return fetched;
  };
  const varz = await ask("varz", readVarz);
  const now = new Reading(varz.json).time("now");
  const before = now === undefined ? undefined : now - (performance.now() - context.begun);
  // Where nobody has answered at all, nobody will answer the others either.
  if (varz.status !== undefined) {
    await Promise.all([
      ask("healthz", (reading, { status }) => ({ health: readHealth(reading, status) })),
      ask("jsz", (reading) => ({ jetstream: readJetStream(reading) })),
      ask("routez", (reading) => ({ routes: readRoutes(reading) })),
      ask("connz", (reading) => readConnections(reading, context.ownName)),
      ask("connz?state=closed", (reading) => readClosed(reading, context.ownName, before)),
    ]);
  }
  return { url: address.shown, ok: answers.every(({ ok }) => ok), answers, server };
}

type Kind = "text" | "number" | "list";

/** A field that each endpoint has, of every version: what has it not is something else. */
const MARKS: Readonly<Record<MonitorEndpoint, readonly [string, Kind]>> = {
  varz: ["server_id", "text"],
  healthz: ["status", "text"],
  jsz: ["server_id", "text"],
  routez: ["routes", "list"],
  connz: ["connections", "list"],
  "connz?state=closed": ["connections", "list"],
};

/** Fields of `varz` that may be missing, and are of this kind where they are not. */
const OF_VARZ: readonly (readonly [string, Kind])[] = [
  ["server_name", "text"],
  ["version", "text"],
  ["now", "text"],
  ["start", "text"],
  ["port", "number"],
  ["cpu", "number"],
  ["mem", "number"],
  ["connections", "number"],
  ["subscriptions", "number"],
  ["slow_consumers", "number"],
];

/** Says that somebody else has answered. */
export const NOT_OURS = "not a nats-server's";

/** What is wrong with an answer, empty: nothing; and whether something can be read from it all the same. */
function whatIsWrong(
  endpoint: MonitorEndpoint,
  { json, status, wrong }: Fetched,
): { wrong: string; readable: boolean } {
  if (json === undefined) return { wrong, readable: false };
  const [mark, kind] = MARKS[endpoint];
  const strange = `HTTP ${status}, and ${NOT_OURS} ${endpoint}`;
  if (!Object.hasOwn(json, mark)) return { wrong: `${strange}: it has no "${mark}"`, readable: false };
  if (!isOf(kind, json[mark])) return { wrong: `${strange}: "${mark}" is no ${kind}`, readable: false };
  // A server that is not well says so with another status.
  if (status !== 200 && endpoint !== "healthz") return { wrong: `HTTP ${status}`, readable: false };
  const lies = endpoint === "varz" ? OF_VARZ : [];
  const lie = lies.find(([name, of]) => Object.hasOwn(json, name) && !isOf(of, json[name]));
  return { wrong: lie === undefined ? "" : `${strange}: "${lie[0]}" is no ${lie[1]}`, readable: true };
}

function isOf(kind: Kind, value: unknown): boolean {
  if (kind === "text") return typeof value === "string";
  // Go writes a list that was never made as null.
  if (kind === "list") return Array.isArray(value) || value === null;
  return typeof value === "number" && Number.isFinite(value) && value >= 0;
}
