import { get } from "node:http";
import { Registry } from "prom-client";
import { registerMetrics, serve } from "../../src/observe/index.js";
import type { Library, Where } from "./client.js";
import { holdfastOn, loadHoldfast } from "./holdfast.js";

/** ms between two scrapes: fifteen times as often as Prometheus's default, so that a short measurement has some. */
const SCRAPE_MS = 1_000;

/** Holdfast with all that looks at it from outside: metrics, health, and a dashboard that somebody watches. The onlookers' work is counted, too. */
export async function observed(where: Where, library: string | undefined): Promise<Library> {
  const connect = await loadHoldfast(where, library);
  const nc = await connect();
  const register = new Registry();
  registerMetrics(nc, { register, subjects: true });
  const served = await serve(nc, { metrics: { register } });
  watch(`${served.url}/dashboard/events`);
  setInterval(() => watch(`${served.url}/metrics`), SCRAPE_MS).unref();
  return holdfastOn(nc);
}

/** Reads whatever comes. */
function watch(url: string): void {
  get(url, (answer) => answer.resume()).on("error", () => {});
}
