import Table from "cli-table3";
import { count, countOf, size } from "../outbox/figures.js";
import { printable } from "../outbox/inspect.js";
import type { Percentiles } from "./latencies.js";
import type { Flow, Load, Measured } from "./load.js";

/** The result for people. */
export function describeBench(load: Load, measured: Measured, interrupted: boolean): string {
  const { published, received, missing, failed, cpu, took, gaveUp, server, version } = measured;
  const head = ["", load.request ? "requests" : "messages", "per second", "bytes per second", "seconds"];
  const table = new Table({
    head,
    colAligns: head.map((_, index) => (index === 0 ? "left" : "right")),
    style: { head: [], border: [], compact: true },
  });
  if (load.pub > 0) table.push(row(load.request ? "answered" : "published", published));
  if (load.sub > 0) table.push(row(load.request ? "handled here" : "received", received));
  const parts = [
    `${printable(server)}, nats-server ${printable(version)}, subject ${printable(load.subject)}`,
    table.toString(),
    latencyLine(load, measured.latencies.percentiles()),
    `cpu      ${percent(cpu, took)} of one core, this process`,
  ];
  if (missing > 0) {
    parts.push(
      `missing  ${countOf(missing, "message")} that subscribers should have got: core NATS keeps nothing for one that is away, or too slow`,
    );
  }
  for (const [code, times] of Object.entries(failed))
    parts.push(`failed   ${count(times)} × ${printable(code)}`);
  if (gaveUp !== undefined) parts.push(`ended early: ${printable(gaveUp)}`);
  if (interrupted) parts.push("ended early: interrupted");
  return parts.join("\n");
}

/** The result for programs. Times are ms. */
export function benchJson(load: Load, measured: Measured, interrupted: boolean): object {
  const { subject, pub, sub, size, request, rate, seconds } = load;
  const { published, received, missing, failed, latencies, cpu, took, gaveUp, server, version } = measured;
  return {
    server,
    version: printable(version),
    subject,
    mode: request ? "request" : "publish",
    ...{ pub, sub, size, rate: rate ?? null, seconds: seconds ?? null },
    published: flow(published),
    received: flow(received),
    missing,
    failed,
    latency: latencies.percentiles() ?? null,
    cpu: { ms: cpu, perCore: took > 0 ? cpu / took : 0 },
    took,
    interrupted,
    gaveUp: gaveUp ?? null,
  };
}

function flow({ messages, bytes, ms }: Flow): object {
  return { messages, bytes, ms, perSecond: perSecond(messages, ms), bytesPerSecond: perSecond(bytes, ms) };
}

function row(name: string, { messages, bytes, ms }: Flow): string[] {
  return [
    name,
    count(messages),
    count(Math.round(perSecond(messages, ms))),
    size(perSecond(bytes, ms)),
    (ms / 1000).toFixed(2),
  ];
}

function perSecond(many: number, ms: number): number {
  return ms > 0 ? (many / ms) * 1000 : 0;
}

function latencyLine({ request, size, sub }: Load, times: Percentiles | undefined): string {
  if (times === undefined) {
    if (request) return "latency  none was measured";
    return `latency  not measured: ${sub === 0 ? "nobody subscribes here" : size < 16 ? "payloads below 16 bytes have no room for a time" : "nothing came"}`;
  }
  const { min, p50, p90, p99, p999, max } = times;
  const each = Object.entries({ min, p50, p90, p99, "p99.9": p999, max });
  return `latency  ${each.map(([name, ms]) => `${name} ${milliseconds(ms)}`).join(", ")} ms`;
}

function milliseconds(ms: number): string {
  return ms < 10 ? ms.toFixed(3) : ms < 1000 ? ms.toFixed(1) : count(Math.round(ms));
}

function percent(cpu: number, took: number): string {
  return `${took > 0 ? Math.round((cpu / took) * 100) : 0} %`;
}
