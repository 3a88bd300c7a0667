import {
  type ConnectionOptions,
  type ProbeOptions,
  type ProbeReport,
  type ProbeStep,
  probe,
} from "../../index.js";
import type { DoctorSettings } from "../options.js";
import type { DoctorProbe, DoctorServer } from "../report.js";
import { PROBE_NAME } from "./seen.js";
import { gossipedBy } from "./targets.js";

/** Servers that are probed at the same time: each takes one socket, and a few ms of this process. */
const AT_ONCE = 8;
/** Most servers that gossip may bring. */
const MAX_GOSSIPED = 64;

/** How the work goes on. */
export interface ServersWork {
  readonly settings: DoctorSettings;
  /** ms that are left in all. */
  left(): number;
  begin(): void;
  step(server: string, step: ProbeStep): void;
  end(server: DoctorServer): void;
}

/** Probes the given servers, and then those of which these have told. */
export async function lookAtServers(targets: readonly string[], work: ServersWork): Promise<DoctorServer[]> {
  const { settings } = work;
  const options = probeOptions(settings);
  const seen: { url: string; report: ProbeReport }[] = [];
  const given = await inTurns(targets, work, async (url): Promise<DoctorServer> => {
    const report = await probeOne(url, options, work);
    seen.push({ url, report });
    return described(report, "given");
  });
  if (!settings.gossip || settings.signal?.aborted === true) return given;
  const known = new Set(given.map(({ server }) => server));
  const told = seen
    .flatMap(({ url, report }) => gossipedBy(url, report))
    .filter(({ hostport }) => {
      const isNew = !known.has(hostport);
      known.add(hostport);
      return isNew;
    });
  const gossiped = await inTurns(
    told.slice(0, MAX_GOSSIPED),
    work,
    async ({ url, from, hostport, tlsName }) => {
      try {
        const report = await probeOne(url, { ...options, tlsName }, work);
        return { ...described(report, "gossip"), from };
      } catch {
        // What a server tells of need not be an address.
        return { ...described(noAddress(hostport), "gossip"), from };
      }
    },
  );
  return [...given, ...gossiped];
}

/** What every probe is told. */
export function probeOptions({
  connection = {},
  timeout,
  deadline,
  probes,
  payload,
  jetstream,
  signal,
}: DoctorSettings): ProbeOptions {
  const { user, pass, token, authenticator, tls, websocket, inboxPrefix }: ConnectionOptions = connection;
  return {
    user,
    pass,
    token,
    authenticator,
    tls,
    websocket,
    inboxPrefix,
    name: PROBE_NAME,
    timeout,
    deadline,
    pings: probes,
    payload,
    jetstream,
    signal,
  };
}

async function probeOne(url: string, options: ProbeOptions, work: ServersWork): Promise<ProbeReport> {
  const deadline = Math.max(1, Math.min(10_000, work.left()));
  const shown = url.replace(/^.*@/s, "").replace(/^[a-z][a-z0-9+.-]*:\/\//i, "");
  return probe(url, { ...options, deadline, onStep: (step) => work.step(shown, step) });
}

async function inTurns<T>(
  all: readonly T[],
  work: ServersWork,
  look: (one: T) => Promise<DoctorServer>,
): Promise<DoctorServer[]> {
  const found: DoctorServer[] = [];
  let next = 0;
  for (const _ of all) work.begin();
  const worker = async () => {
    while (next < all.length) {
      const index = next++;
      found[index] = await look(all[index]);
      work.end(found[index]);
    }
  };
  await Promise.all(Array.from({ length: Math.min(AT_ONCE, all.length) }, worker));
  return found;
}

function described(report: ProbeReport, origin: DoctorServer["origin"]): DoctorServer {
  const { server, ok, info } = report;
  const { server_name: name, server_id: id, version, cluster } = info ?? {};
  const known = Object.entries({ name, id, version, cluster }).filter(
    ([, value]) => typeof value === "string" && value !== "",
  );
  return { server, origin, ok, ...Object.fromEntries(known), probe: plain(report) };
}

/** Errors become their code and text: JSON would show the rest of them, and not the text. */
function plain(report: ProbeReport): DoctorProbe {
  const steps = report.steps.map(({ error, ...step }) => ({
    ...step,
    ...(error === undefined ? {} : { error: { code: error.code, message: error.message } }),
  }));
  return { ...report, steps };
}

/** What is said of an entry of `connect_urls` that is none. */
export const NO_ADDRESS = "that is no address of a server";

function noAddress(server: string): ProbeReport {
  const detail = NO_ADDRESS;
  return {
    server,
    scheme: "nats",
    ok: false,
    at: Date.now(),
    ms: 0,
    steps: [{ name: "dns", ok: false, ms: 0, detail }],
    failed: "dns",
  };
}
