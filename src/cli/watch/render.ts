import { timeOfDay } from "../clock.js";
import type { Paint, Style } from "../colours.js";
import { cut, widthOf } from "../cut.js";
import { age, count, size } from "../outbox/figures.js";
import type { Memory, Rates } from "./memory.js";
import type { ComponentView, ConnectionView, OutageView, View } from "./view.js";

/** What is drawn on, and with. */
export interface Canvas {
  readonly columns: number;
  /** Lines that there is room for; Infinity: all are drawn. */
  readonly rows: number;
  readonly paint: Paint;
  /** What the process is asked at, for the first line. */
  readonly where: string;
  /** ms since the epoch. */
  readonly now: number;
  /** It is not asked again. */
  readonly once?: boolean;
}

/** Outages that are shown with their advice. */
const ADVISED = 3;
const COMPONENTS = 15;

/** The screen, line by line; none is wider than there is room. */
export function renderScreen(view: View, memory: Memory, canvas: Canvas): string[] {
  const { columns, rows, paint, where, now, once = false } = canvas;
  const time = timeOfDay(now);
  const lines = [spread(`${paint("bold", "holdfast watch")}  ${where}`, time, columns), ""];
  const since = memory.awaySince;
  // Nobody has answered, nor failed to, before the first look is over.
  if (view.away !== "" && since === undefined) lines.push(paint("dim", "… asking"));
  else if (view.away !== "") {
    const long = since === undefined || now - since < 1000 ? "" : ` for ${age(now - since)}`;
    lines.push(`${paint("red", "✗ no answer")}${long}: ${view.away}`, ...(once ? [] : ["  asking on"]));
  }
  for (const one of view.connections)
    lines.push(...connectionLines(one, memory.ratesOf(one.name), canvas), "");
  if (memory.outages.length > 0)
    lines.push("", ...outageLines(memory.outages, view.connections.length > 1, canvas));
  while (lines.at(-1) === "") lines.pop();
  const fit = lines
    .filter((line, index) => line !== "" || lines[index - 1] !== "")
    .map((line) => cut(line, columns));
  return fit.length <= rows
    ? fit
    : [...fit.slice(0, rows - 1), paint("dim", cut(`… ${fit.length - rows + 1} lines more`, columns))];
}

/** A line for each connection, for files and pipes. */
export function renderLines(view: View, memory: Memory): string[] {
  const at = new Date(view.at).toISOString();
  if (view.away !== "") return [`${at} away: ${view.away}`];
  const back = memory.cameBackAt === view.at ? [`${at} answers again`] : [];
  return [...back, ...view.connections.map((one) => `${at} ${lineOf(one, memory.ratesOf(one.name))}`)];
}

function lineOf(one: ConnectionView, rates: Rates | undefined): string {
  const { name, status, state, server, rtt, buffer, reconnects, reason, cause, components } = one;
  const troubled = components.filter(({ trouble }) => trouble !== "");
  const parts = [
    name,
    status,
    state,
    ...(server === "" ? [] : [server]),
    ...(rtt === null ? [] : [`rtt ${milliseconds(rtt)}`]),
    ...(rates === undefined ? [] : [`in ${rate(rates.inMsgs)}`, `out ${rate(rates.outMsgs)}`]),
    ...(buffer === undefined ? [] : [`buffer ${size(buffer.bytes)}`]),
    ...(reconnects === null ? [] : [`reconnects ${reconnects}`]),
    ...troubled.slice(0, 3).map(({ kind, name: which, trouble }) => `${kind} ${which}: ${trouble}`),
  ];
  const why = [reason, cause === undefined ? "" : `${cause.kind}: ${cause.message}`].filter(
    (each) => each !== "",
  );
  return `${parts.join(" · ")}${why.length > 0 ? ` (${why.join("; ")})` : ""}`;
}

function connectionLines(one: ConnectionView, rates: Rates | undefined, canvas: Canvas): string[] {
  const { paint, now } = canvas;
  const { name, status, state, server, rtt, reconnects, attempts, reason, cause, buffer, counts } = one;
  const good = status === "healthy";
  const mark = paint(good ? "green" : state === "connected" ? "yellow" : "red", good ? "●" : "○");
  const since = good ? one.connectedAt : one.disconnectedAt;
  const long = since === null ? "" : ` for ${age(now - since)}`;
  const lines = [
    `${mark} ${paint("bold", name)}  ${paint(styleOf(good), state || status)}${long}${server === "" ? "" : ` at ${server}`}`,
  ];
  const facts = [
    ...(rtt === null ? [] : [`rtt ${milliseconds(rtt)}`]),
    ...(reconnects === null ? [] : [`reconnects ${count(reconnects)}`]),
    ...(attempts === null || attempts === 0 ? [] : [`attempts ${count(attempts)}`]),
  ];
  if (facts.length > 0) lines.push(`  ${facts.join("   ")}`);
  if (rates !== undefined) {
    lines.push(
      `  in ${rate(rates.inMsgs)} ${size(Math.round(rates.inBytes))}/s   out ${rate(rates.outMsgs)} ${size(Math.round(rates.outBytes))}/s`,
    );
  }
  if (buffer !== undefined) {
    const bar = barOf(buffer.ratio, 20, paint);
    lines.push(
      `  buffer ${bar} ${size(buffer.bytes)} of ${size(buffer.limit)}, ${count(buffer.messages)} messages`,
    );
  }
  if (counts !== undefined) {
    const { confirmed, pending, dropped, replayed } = counts;
    const lost = dropped > 0 ? paint("yellow", `dropped ${count(dropped)}`) : "dropped 0";
    lines.push(
      `  confirmed ${count(confirmed)}   pending ${count(pending)}   ${lost}   replayed ${count(replayed)}`,
    );
  }
  if (reason !== "") lines.push(`  ${paint("yellow", reason)}`);
  if (cause !== undefined) {
    lines.push(`  ${paint("red", cause.kind)}: ${cause.message}`);
    lines.push(...cause.advice.slice(0, 3).flatMap((each) => wrapped(each, "  → ", canvas.columns)));
  } else if (!good && one.lastError !== "") lines.push(`  last error: ${one.lastError}`);
  lines.push(...componentLines(one, canvas));
  return lines;
}

function componentLines({ components, moreComponents }: ConnectionView, { paint }: Canvas): string[] {
  if (components.length === 0) return [];
  const shown = components.slice(0, COMPONENTS);
  const kinds = Math.max(...shown.map(({ kind }) => widthOf(kind)));
  const names = Math.min(32, Math.max(...shown.map(({ name }) => widthOf(name))));
  const line = ({ kind, name, state, figures, trouble }: ComponentView) => {
    const label = `${kind.padEnd(kinds)}  ${cut(name, names).padEnd(names)}`;
    const bad = trouble === "" ? "" : `  ${paint("yellow", trouble)}`;
    return `    ${label}  ${state.padEnd(8)}${bad}  ${paint("dim", figures)}`.trimEnd();
  };
  const more = components.length - shown.length + moreComponents;
  return [
    paint("dim", "  components"),
    ...shown.map(line),
    ...(more > 0 ? [`    and ${count(more)} more`] : []),
  ];
}

function outageLines(outages: readonly OutageView[], several: boolean, canvas: Canvas): string[] {
  const { paint, now, columns } = canvas;
  const lines = [paint("bold", "Outages"), ""].slice(0, 1);
  outages.forEach(({ connection, startedAt, endedAt, server, next, kind, cause, advice }, index) => {
    const when = timeOfDay(startedAt, now);
    const long =
      endedAt === null ? paint("red", `for ${age(now - startedAt)}`) : `${age(endedAt - startedAt)}`;
    const way = [server, next].filter((each) => each !== "").join(" → ");
    const whose = several ? `${connection}  ` : "";
    lines.push(
      `  ${when}  ${whose}${long}  ${paint("bold", kind)}  ${cause}${way === "" ? "" : paint("dim", `  ${way}`)}`,
    );
    if (index < ADVISED && advice.length > 0) lines.push(...wrapped(advice[0], "            → ", columns));
  });
  return lines;
}

/** A text in as many lines as it takes, the first with `lead`, the others as far to the right. */
function wrapped(text: string, lead: string, columns: number): string[] {
  const room = Math.max(20, columns - widthOf(lead));
  const lines: string[] = [""];
  for (const word of text.split(" ")) {
    const last = lines.at(-1)!;
    if (last !== "" && widthOf(last) + 1 + widthOf(word) > room) lines.push(word);
    else lines[lines.length - 1] = last === "" ? word : `${last} ${word}`;
  }
  const indent = " ".repeat(widthOf(lead));
  return lines.map((line, index) => `${index === 0 ? lead : indent}${line}`);
}

function barOf(ratio: number, width: number, paint: Paint): string {
  const part = Math.min(1, Math.max(0, ratio));
  const full = part > 0 ? Math.max(1, Math.round(part * width)) : 0;
  const style: Style = part >= 0.8 ? "red" : part >= 0.5 ? "yellow" : "green";
  return `${paint(style, "█".repeat(full))}${"░".repeat(width - full)}`;
}

function styleOf(good: boolean): Style {
  return good ? "green" : "red";
}

function spread(left: string, right: string, columns: number): string {
  return `${left}${" ".repeat(Math.max(2, columns - widthOf(left) - widthOf(right)))}${right}`;
}

function rate(perSecond: number): string {
  return `${count(perSecond < 10 ? Math.round(perSecond * 10) / 10 : Math.round(perSecond))}/s`;
}

function milliseconds(ms: number): string {
  return `${ms < 10 ? ms.toFixed(2) : Math.round(ms)} ms`;
}
