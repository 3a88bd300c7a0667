import Table from "cli-table3";
import pc from "picocolors";
import type { Account } from "../accounts.js";
import { commandLine, type Options } from "../options.js";
import type { ClientKind } from "../protocol.js";
import type { RecoveryTimes } from "../recovery.js";
import type { Step } from "../schedule.js";
import type { Versions } from "../versions.js";
import { faultTable } from "./fault-table.js";
import { count, duration } from "./figures.js";
import { wrap } from "./wrap.js";

/** How one client's run ended: with an account, or with a crash. */
export type Outcome =
  | { readonly account: Account; readonly broken: readonly string[]; readonly remarks: readonly string[] }
  | { readonly crash: string };

/** What there is to say at the end. */
export interface Results {
  readonly options: Options;
  readonly versions: Versions;
  readonly date: Date;
  readonly schedule: readonly Step[];
  readonly outcomes: ReadonlyMap<ClientKind, Outcome>;
}

/** What people call the clients. */
export const NAMES: Record<ClientKind, string> = { holdfast: "Holdfast", natsjs: "nats.js" };

/**
 * The end of the demo for people: what every fault did, the table, what the words mean, and, where it stays in sight, the
 * verdict and how to see it again.
 */
export function summary(results: Results, columns: number): string {
  const accounts = [...results.outcomes.values()].flatMap((outcome) =>
    "account" in outcome ? [outcome.account] : [],
  );
  const parts: string[] = [];
  if (accounts.length > 0) {
    parts.push(faultTable(results.schedule, accounts, NAMES, columns), table(accounts));
    parts.push(footnotes(accounts, results.options, columns));
  }
  parts.push(...complaints(results), verdict(results), closing(results));
  return `${parts.join("\n\n")}\n`;
}

/** A line for each: what became of the messages, in the fewest words. */
function verdict({ outcomes }: Results): string {
  const lines = [...outcomes].map(([client, outcome]) => {
    const name = NAMES[client];
    if ("crash" in outcome) return pc.red(`✖ ${name} did not get to the end.`);
    const { accepted, lost } = outcome.account;
    const died = heldBack(outcome.account);
    if (lost > 0) {
      return `${pc.red("✖")} ${name} lost ${count(lost)} of ${count(accepted)} messages (${share(lost, accepted)}).`;
    }
    const mark = outcome.broken.length === 0 ? pc.green("✔") : pc.red("✖");
    const apart = died === 0 ? "" : `, ${count(died)} died with it ⁵`;
    return `${mark} ${name} lost none of ${count(accepted)} messages: each was taken by a server${apart}.`;
  });
  return lines.map((line) => pc.bold(line)).join("\n");
}

function complaints({ outcomes }: Results): string[] {
  return [...outcomes].flatMap(([client, outcome]) => {
    if ("crash" in outcome) return [pc.red(`${NAMES[client]}: ${outcome.crash}`)];
    return [
      ...outcome.broken.map((text) => pc.red(`${NAMES[client]} broke a promise: ${text}`)),
      ...outcome.remarks.map((text) => pc.yellow(`${NAMES[client]}: ${text}`)),
    ];
  });
}

interface Row {
  readonly label: string;
  readonly value: (account: Account) => string;
  /** Left out where it would be 0 for everybody. */
  readonly amount?: (account: Account) => number;
}

const ROWS: readonly Row[] = [
  { label: "accepted by publish()", value: (a) => count(a.accepted) },
  { label: "  delivered", value: (a) => count(a.delivered) },
  { label: "  missed, the subscriber itself was away ¹", value: (a) => count(a.missed) },
  {
    label: "  taken by a server, passed on by none ⁵",
    value: (a) => count(heldBack(a)),
    amount: heldBack,
  },
  { label: "  reported as not delivered", value: (a) => count(a.reported), amount: (a) => a.reported },
  {
    label: "  no wiretap in place, not judged",
    value: (a) => count(a.unwitnessed),
    amount: (a) => a.unwitnessed,
  },
  {
    label: "  lost ²",
    value: (a) => pc.bold(a.lost === 0 ? pc.green("0") : pc.red(count(a.lost))),
  },
  {
    label: "rejected by publish() with an error",
    value: (a) => count(a.rejected),
    amount: (a) => a.rejected,
  },
  { label: "duplicates, replayed after an outage", value: (a) => count(a.duplicates) },
  {
    label: "out of order: on the wire / at the subscriber",
    value: (a) => `${count(a.wireDisorder)} / ${count(a.outOfOrder)}`,
  },
  { label: "publisher working again ³  median", value: (a) => recovered(a.recovery, "median") },
  { label: "                           worst", value: (a) => recovered(a.recovery, "worst") },
  {
    label: "                           frozen node",
    value: (a) => recovered(a.freezeRecovery, "worst"),
    amount: (a) => a.freezeRecovery.each.length,
  },
  { label: "subscriber working again   median", value: (a) => recovered(a.subscriberRecovery, "median") },
  { label: "                           worst", value: (a) => recovered(a.subscriberRecovery, "worst") },
  { label: "outages, each a link cut ⁴", value: (a) => count(a.events.outages) },
  {
    label: "  disconnect / reconnect events",
    value: (a) => `${count(a.events.disconnects)} / ${count(a.events.reconnects)}`,
  },
];

function recovered(times: RecoveryTimes, which: "median" | "worst"): string {
  if (times.each.length === 0) return "not tried";
  const time = times[which];
  return time === null ? "never" : duration(time);
}

function heldBack(account: Account): number {
  return account.stranded + account.confirmedUnseen;
}

function table(accounts: readonly Account[]): string {
  const printed = new Table({
    head: ["", ...accounts.map(({ client }) => pc.bold(NAMES[client]))],
    colAligns: ["left", ...accounts.map(() => "right" as const)],
    style: { head: [], border: [], compact: true },
  });
  for (const { label, value, amount } of ROWS) {
    if (amount !== undefined && accounts.every((account) => amount(account) === 0)) continue;
    printed.push([label, ...accounts.map(value)]);
  }
  return printed.toString();
}

function footnotes(accounts: readonly Account[], options: Options, columns: number): string {
  const notes = [
    "¹ A server passed it on while the subscriber's own link was down. Core NATS stores nothing.",
    "² Accepted by publish(), not reported, and on no server as far as anybody can tell: neither the subscriber nor" +
      " any of three raw-socket wiretaps, one on each node, saw it, and no server confirmed it. (nats.js has no" +
      " confirmations.)",
    "³ From the kill of the publisher's node until a message sent after it is on some server; after a kill of" +
      " all nodes, from the moment the first of them accepts connections again.",
    "⁴ The publisher's and the subscriber's, by a kill of their node, and the publisher's by a freeze. In the" +
      " list of faults: when the publisher (or the subscriber, if that alone was hit) worked again, links cut →" +
      " disconnect/reconnect events told.",
  ];
  if (accounts.some((account) => heldBack(account) > 0)) {
    const unseen = accounts.reduce((sum, account) => sum + account.confirmedUnseen, 0);
    const apart = unseen === 0 ? "" : ` ${count(unseen)} of Holdfast's were confirmed and seen by nobody.`;
    notes.push(
      `⁵ Its server was killed before it had passed it on, or had not joined the others again.${apart}`,
    );
  }
  notes.push(accounts.map(({ client }) => settings(client, options)).join(" "));
  return notes.map((note) => pc.dim(wrap(note, Math.min(columns, 110) - 1))).join("\n");
}

function closing({ options, versions, date }: Results): string {
  const { node, servers, natsjs, holdfast } = versions;
  const parts = [
    date.toISOString().slice(0, 10),
    `Node ${node}`,
    servers,
    `holdfast ${holdfast}`,
    `nats.js ${natsjs}`,
  ];
  return `${parts.join(" · ")}\nagain: ${pc.cyan(commandLine(options))}`;
}

/** How the clients were set up; both in a way that their documentation recommends. */
function settings(client: ClientKind, { rate, replayMargin }: Options): string {
  if (client === "natsjs") {
    const flushes = rate === "max" ? ", a flush() every 10,000 messages" : "";
    return `nats.js: its defaults (reconnectTimeWait 2 s, pingInterval 2 min), maxReconnectAttempts -1${flushes}.`;
  }
  const margin = replayMargin > 0 ? `, replayMargin ${replayMargin} ms` : "";
  return (
    `Holdfast: its defaults (stallTimeout 5 s), reconnectBufSize 64 MiB${margin}, beforeReplay waits for the subscriber's answer` +
    " (its times include that)."
  );
}

function share(part: number, whole: number): string {
  const percent = (part / whole) * 100;
  return percent < 0.1 ? "less than 0.1 %" : `${percent.toFixed(1)} %`;
}
