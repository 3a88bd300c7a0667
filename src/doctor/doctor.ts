import { setMaxListeners } from "node:events";
import { readFile } from "node:fs/promises";
import type { RequestOptions } from "node:https";
import { type ConnectionOptions, probe } from "../index.js";
import { endOfCredentials } from "./credentials.js";
import { lookAtMonitor } from "./look/monitor.js";
import { lookAtServers, probeOptions, type ServersWork } from "./look/servers.js";
import { OwnStall } from "./look/stall.js";
import { toTargets } from "./look/targets.js";
import { type DoctorOptions, type DoctorSettings, toSettings } from "./options.js";
import type { DoctorMonitor, DoctorReport, DoctorServer } from "./report.js";
import { cluster } from "./rules/cluster.js";
import { configuration } from "./rules/configuration.js";
import { nothingFound } from "./rules/ended-early.js";
import { leavingOf } from "./rules/lame-duck.js";
import { links } from "./rules/links.js";
import { believed, monitors } from "./rules/monitors.js";
import { untold } from "./rules/untold.js";
import { unusable } from "./rules/unusable.js";
import { endedEarly, ranked, summaryOf, verdictOf } from "./verdict.js";
import { count } from "./words.js";

/**
 * Looks at servers from here, and says what is wrong with them, or with the way to them: each is probed (`probe()` of holdfast), then
 * each that they tell of; with option `monitor` also what servers tell of themselves by HTTP, and with option `connection` what `lint()` says of it.
 * It changes nothing anywhere. Bounded in time: what hangs, lies or answers half is told as that.
 *
 * @param servers URLs as in option `servers` of `connect()`; default: those of option `connection`, else 127.0.0.1:4222
 * @returns always, whatever the servers do; rejects only with `INVALID_ARGUMENT` (servers) and `INVALID_OPTION`
 */
export async function doctor(
  servers?: string | string[],
  options: DoctorOptions = {},
): Promise<DoctorReport> {
  const given = toSettings(options);
  const { signal, done } = following(given.signal);
  try {
    return await examine(servers, { ...given, signal });
  } finally {
    done();
  }
}

/** A signal of our own, which as many probes as there are may listen to: with the user's own, Node would warn of a leak. */
function following(signal: AbortSignal | undefined): { signal: AbortSignal; done: () => void } {
  const own = new AbortController();
  setMaxListeners(0, own.signal);
  const abort = () => own.abort();
  if (signal?.aborted === true) abort();
  signal?.addEventListener("abort", abort, { once: true });
  return { signal: own.signal, done: () => signal?.removeEventListener("abort", abort) };
}

async function examine(servers: unknown, settings: DoctorSettings): Promise<DoctorReport> {
  const targets = toTargets(servers, settings.connection);
  await refuseWrong(targets, settings);
  const at = Date.now();
  const begun = performance.now();
  const tally = new Tally(settings);
  const left = () => settings.deadline - (performance.now() - begun);
  const stall = new OwnStall();
  const [found, seen] = await Promise.all([
    lookAtServers(targets, tally.ofServers(left)),
    lookAtMonitors(settings, tally, left, begun),
  ]);
  const report = judge(
    targets,
    settings,
    found,
    seen,
    stall.end(),
    await endedCredentials(settings, found, at),
  );
  const whole = { ...report, at, ms: performance.now() - begun };
  return settings.signal?.aborted === true ? endedEarly(whole) : whole;
}

/** A probe that is ended before it begins looks at its arguments, and at nothing else. */
async function refuseWrong(targets: readonly string[], settings: DoctorSettings): Promise<void> {
  const options = { ...probeOptions(settings), deadline: 1, timeout: 1, signal: AbortSignal.abort() };
  for (const url of targets) await probe(url, options);
}

function judge(
  targets: readonly string[],
  { connection, jetstream, signal }: DoctorSettings,
  servers: DoctorServer[],
  seen: DoctorMonitor[],
  stall: number,
  ended: number | undefined,
): Omit<DoctorReport, "at" | "ms"> {
  const findings = ranked([
    ...unusable(
      servers,
      ended,
      jetstream !== undefined && jetstream !== false,
      leavingOf(believed(seen), servers),
    ),
    ...links(servers, stall),
    ...cluster(servers),
    ...untold(servers, believed(seen)),
    ...monitors(seen, servers),
    ...configuration(connection, targets, servers),
    ...(signal?.aborted === true ? nothingFound(servers) : []),
  ]);
  const verdict = verdictOf(findings);
  return { verdict, summary: summaryOf(verdict, findings, servers), findings, servers, monitors: seen };
}

/** Asked only where servers have refused them. */
function endedCredentials(
  { connection }: DoctorSettings,
  servers: readonly DoctorServer[],
  now: number,
): Promise<number | undefined> {
  const refused = servers.some(
    ({ probe: { failed, auth } }) => failed === "auth" && auth?.given.includes("jwt"),
  );
  return refused ? endOfCredentials(connection, now) : Promise.resolve(undefined);
}

async function lookAtMonitors(
  settings: DoctorSettings,
  tally: Tally,
  left: () => number,
  begun: number,
): Promise<DoctorMonitor[]> {
  const { monitors: addresses, connection, signal } = settings;
  if (addresses.length === 0) return [];
  const tls = await tlsOf(connection);
  return Promise.all(
    addresses.map(async (address) => {
      tally.begin();
      const { authorization, shown } = address;
      const patience = () => Math.max(1, Math.min(settings.timeout, Math.ceil(left())));
      const context = { authorization, tls, patience, signal, ownName: connection?.name, begun };
      const monitor = await lookAtMonitor(address, context, ({ endpoint, ok }) =>
        tally.say(`${shown} ${endpoint}${ok ? "" : ": nothing"}`),
      );
      tally.done();
      return monitor;
    }),
  );
}

/** What of the options for TLS holds for https as well. Files that cannot be read are the probe's to tell. */
async function tlsOf(connection: ConnectionOptions | undefined): Promise<RequestOptions> {
  const { ca, caFile, cert, certFile, key, keyFile, passphrase, rejectUnauthorized } = connection?.tls ?? {};
  const read = (file: string | undefined) =>
    file === undefined ? undefined : readFile(file).catch(() => undefined);
  const given = {
    ca: ca ?? (await read(caFile)),
    cert: cert ?? (await read(certFile)),
    key: key ?? (await read(keyFile)),
    passphrase,
    rejectUnauthorized,
  };
  return Object.fromEntries(
    Object.entries(given).filter(([, value]) => value !== undefined),
  ) as RequestOptions;
}

/** What is done, for a display. */
class Tally {
  readonly #settings: DoctorSettings;
  #done = 0;
  #total = 0;

  constructor(settings: DoctorSettings) {
    this.#settings = settings;
  }

  ofServers(left: () => number): ServersWork {
    return {
      settings: this.#settings,
      left,
      begin: () => this.begin(),
      step: (server, { name, ok }) => this.say(`${server} ${name}${ok ? "" : " failed"}`),
      end: () => this.done(),
    };
  }

  begin(): void {
    this.#total++;
    this.say(`${count(this.#total, "thing")} to look at`);
  }

  done(): void {
    this.#done++;
    this.say("");
  }

  say(text: string): void {
    try {
      this.#settings.onProgress?.({ text, done: this.#done, total: this.#total });
    } catch {
      // What somebody makes of it is not our business.
    }
  }
}
