import { styleText } from "node:util";
import { columns, wrapped } from "./layout.js";
import type { DoctorFinding, DoctorMonitor, DoctorReport, DoctorServer } from "./report.js";
import { bytes, count, harmless, inMs, span } from "./words.js";

/** How a report is written. */
export interface DescribeReportOptions {
  /** Colours, by the codes of terminals. Default false. */
  colors?: boolean;
  /** Characters of a line, 40 to 200. Default 80. */
  width?: number;
  /** Every step of every probe, every endpoint, all evidence and all advice. Default false: the first three of each. */
  verbose?: boolean;
}

type Paint = (text: string) => string;

/** Colours, or none. */
interface Paints {
  readonly red: Paint;
  readonly yellow: Paint;
  readonly green: Paint;
  readonly dim: Paint;
  readonly bold: Paint;
}

/** Newer versions of Node would ask standard output whether it wants colours: who calls has decided. */
const DECIDED = { validateStream: false } as never;
const styled =
  (style: "red" | "yellow" | "green" | "dim" | "bold"): Paint =>
  (text) =>
    styleText(style, text, DECIDED);
const plain: Paint = (text) => text;
const COLOURS: Paints = {
  red: styled("red"),
  yellow: styled("yellow"),
  green: styled("green"),
  dim: styled("dim"),
  bold: styled("bold"),
};
/** Facts, and pieces of advice, of one finding; the others with `verbose`. */
const SHOWN = 3;
const NONE: Paints = { red: plain, yellow: plain, green: plain, dim: plain, bold: plain };

/** The report for people: the verdict first, then what was found with its evidence and what to do, then what was looked at. */
export function describeReport(report: DoctorReport, options: DescribeReportOptions = {}): string {
  const { colors = false, width = 80, verbose = false } = options;
  const paints = colors ? COLOURS : NONE;
  const page = new Page(paints, Math.min(200, Math.max(40, Math.floor(width) || 80)));
  page.verdict(report);
  const hints = report.findings.filter(({ level }) => level === "hint");
  const [first, ...others] = report.findings.filter(({ level }) => level !== "hint");
  if (first !== undefined) page.details(first, verbose);
  for (const one of others) page.finding(one, verbose);
  page.servers(report.servers, verbose);
  page.monitors(report.monitors, verbose);
  if (hints.length > 0) page.hints(hints, verbose);
  page.end(report);
  return page.lines.join("\n");
}

class Page {
  readonly lines: string[] = [];
  readonly #paint: Paints;
  readonly #width: number;

  constructor(paint: Paints, width: number) {
    this.#paint = paint;
    this.#width = width;
  }

  verdict({ verdict, summary }: DoctorReport): void {
    const paint = { healthy: this.#paint.green, warnings: this.#paint.yellow, broken: this.#paint.red }[
      verdict
    ];
    const [first, ...rest] = wrapped(summary, this.#width);
    this.lines.push(
      first.replace(/^\w+:/, (word) => paint(this.#paint.bold(word))),
      ...rest,
    );
  }

  finding(found: DoctorFinding, verbose: boolean): void {
    const { level, message } = found;
    const [paint, mark] = level === "error" ? [this.#paint.red, "✗"] : [this.#paint.yellow, "!"];
    this.lines.push("");
    this.#indented(`${paint(mark)} `, message, 2, this.#paint.bold);
    this.details(found, verbose);
  }

  /** What belongs to a message that stands there already. */
  details({ why, evidence, advice, docs, option, variable }: DoctorFinding, verbose: boolean): void {
    const most = verbose ? Number.POSITIVE_INFINITY : SHOWN;
    this.#indented("  ", why, 2);
    for (const fact of evidence.slice(0, most))
      this.#indented(`  ${this.#paint.dim("seen")}  `, fact, 8, this.#paint.dim);
    for (const what of advice.slice(0, most)) this.#indented(`  ${this.#paint.green("do")}    `, what, 8);
    const set =
      option === undefined ? "" : `option "${option}"${variable === undefined ? "" : `, ${variable}`}; `;
    // The command knows these pages; their path is one within the package.
    const more = docs.replace(/^docs\/causes\/([a-z-]+)\.md$/, "holdfast explain $1");
    this.#indented(`  ${this.#paint.dim("more")}  `, `${set}${more}`, 8, this.#paint.dim);
  }

  hints(hints: readonly DoctorFinding[], verbose: boolean): void {
    this.#title(`Hints (${hints.length})`);
    for (const hint of hints) {
      this.#indented("· ", hint.message, 2);
      if (verbose) this.details(hint, verbose);
      else if (hint.advice.length > 0) this.#indented(`  ${this.#paint.green("do")}    `, hint.advice[0], 8);
    }
  }

  servers(servers: readonly DoctorServer[], verbose: boolean): void {
    if (servers.length === 0) return;
    this.#title("Servers");
    const heads = columns(servers.map((server) => serverCells(server)));
    const width = Math.max(...heads.map((head) => head.length));
    for (const [index, server] of servers.entries()) {
      const mark = server.ok ? this.#paint.green("✓") : this.#paint.red("✗");
      const facts = serverFacts(server).join(", ");
      // Facts have a line of their own where there is no room for them.
      if (width + facts.length + 4 <= this.#width)
        this.lines.push(`${mark} ${heads[index].padEnd(width)}  ${facts}`.trimEnd());
      else {
        this.lines.push(`${mark} ${heads[index]}`);
        if (facts !== "") this.#indented("    ", facts, 4);
      }
      if (!verbose) continue;
      for (const { name, ok, ms, detail } of server.probe.steps) {
        const head = `${name.padEnd(9)} ${inMs(ms).padStart(8)}`;
        this.#indented(`    ${ok ? head : this.#paint.red(head)}  `, detail, 24, this.#paint.dim);
      }
    }
  }

  monitors(monitors: readonly DoctorMonitor[], verbose: boolean): void {
    if (monitors.length === 0) return;
    this.#title("Monitoring");
    for (const { url, ok, server, answers } of monitors) {
      const mark = ok
        ? this.#paint.green("✓")
        : answers.some((answer) => answer.ok)
          ? this.#paint.yellow("!")
          : this.#paint.red("✗");
      this.#indented(`${mark} `, monitorFacts(url, server), 2);
      if (!verbose) continue;
      for (const { endpoint, ok: answered, ms, detail } of answers) {
        const head = `${endpoint.padEnd(18)} ${inMs(ms).padStart(8)}`;
        this.#indented(
          `    ${answered ? head : this.#paint.red(head)}  `,
          answered ? "ok" : detail,
          33,
          this.#paint.dim,
        );
      }
    }
  }

  end({ servers, monitors, findings, ms }: DoctorReport): void {
    const looked = [
      count(servers.length, "server"),
      ...(monitors.length === 0 ? [] : [count(monitors.length, "monitoring port")]),
    ];
    const found = findings.length === 0 ? "nothing found" : count(findings.length, "finding");
    this.lines.push("");
    this.#indented("", `${looked.join(" and ")} looked at in ${span(ms)}: ${found}`, 0, this.#paint.dim);
  }

  #title(text: string): void {
    this.lines.push("", this.#paint.bold(text));
  }

  /** A text behind something, the lines that follow under its beginning. */
  #indented(head: string, text: string, indent: number, paint: Paint = plain): void {
    const [first = "", ...rest] = wrapped(text, this.#width - indent);
    this.lines.push(head + paint(first), ...rest.map((line) => " ".repeat(indent) + paint(line)));
  }
}

/** Characters of an id that tell servers apart well enough, and of names and versions: servers say what they like. */
const OF_ID = 12;
const OF_NAME = 32;
const OF_VERSION = 16;

/** A server without a name of its own goes by its id, of 56 characters. */
function shortName(name = "-", id: string | undefined): string {
  return name === id && name.length > OF_ID + 1 ? `${name.slice(0, OF_ID)}…` : harmless(name, OF_NAME);
}

/** Cells of a server's line, those of one column under each other. */
function serverCells({ server, name, id, version, probe }: DoctorServer): string[] {
  const trip = probe.rtt?.median === undefined ? "" : inMs(probe.rtt.median);
  return [server, shortName(name, id), harmless(version ?? "-", OF_VERSION), trip];
}

function serverFacts({ cluster, origin, probe }: DoctorServer): string[] {
  return [
    ...(cluster === undefined ? [] : [`cluster ${harmless(cluster, OF_NAME)}`]),
    ...(probe.tls?.ok === true ? [probe.tls.protocol ?? "TLS"] : []),
    ...(probe.jetstream?.ok === true ? ["JetStream"] : []),
    ...(origin === "gossip" ? ["(gossip)"] : []),
    ...(probe.failed === undefined ? [] : [`failed at ${probe.failed}`]),
  ];
}

function monitorFacts(url: string, server: DoctorMonitor["server"]): string {
  const {
    name,
    id,
    version,
    uptime,
    cpu,
    memory,
    connections,
    maxConnections,
    subscriptions,
    routes,
    health,
  } = server;
  const facts = [
    ...(name === undefined ? [] : [shortName(name, id)]),
    ...(version === undefined ? [] : [version]),
    ...(uptime === undefined ? [] : [`up ${span(uptime)}`]),
    ...(cpu === undefined ? [] : [`CPU ${Math.round(cpu)} %`]),
    ...(memory === undefined ? [] : [bytes(memory)]),
    ...(connections === undefined
      ? []
      : [`${connections}${maxConnections === undefined ? "" : ` of ${maxConnections}`} connections`]),
    ...(subscriptions === undefined ? [] : [count(subscriptions, "subscription")]),
    ...(routes === undefined || routes.length === 0 ? [] : [count(routes.length, "route")]),
    ...(health === undefined || health.ok ? [] : ["not healthy"]),
  ];
  return facts.length === 0 ? `${url}: no answer` : `${url}: ${facts.join(", ")}`;
}
