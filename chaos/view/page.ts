import { bytes, count } from "../../demo/view/figures.js";
import type { Account } from "../account.js";
import { FAULTS } from "../faults/catalogue.js";
import type { Fault, Group } from "../faults/fault.js";
import { failed, PAYLOAD, type Result } from "../suite.js";
import { accountsOf, known, nameOf, sum, times } from "./figures.js";
import { type Column, markdownTable } from "./markdown.js";
import { ROWS, type Run, remarkOnPace } from "./summary.js";

const TITLES: Readonly<Record<Group, string>> = {
  network: "The network",
  protocol: "What is said on the link",
  server: "The server",
  cluster: "Two servers with a route between them",
  client: "The client's own process",
  tls: "Over TLS",
};

const COLUMNS: readonly Column[] = [
  { head: "fault" },
  { head: "client" },
  { head: "times", right: true },
  { head: "accepted", right: true },
  { head: "confirmed", right: true },
  { head: "delivered", right: true },
  { head: "reported", right: true },
  { head: "lost", right: true },
  { head: "twice", right: true },
  { head: "told after", right: true },
  { head: "back after", right: true },
  { head: "cause" },
];
/** Causes that are named in a cell. */
const NAMED_CAUSES = 2;

/** docs/faults.md. */
export function page(run: Run): string {
  const groups = (Object.keys(TITLES) as Group[]).filter((group) => group !== "tls");
  const plain = run.results.filter(({ trouble }) => trouble.wire === "plain");
  const alone = groups.map((group) => section(plain, group));
  return `${[top(run), inShort(run), howToRead(run), ...alone, pairs(plain), overTls(run)].join("\n\n")}\n`;
}

function top({ command, environment }: Run): string {
  return `# What becomes of messages when things go wrong

<!-- Made by \`npm run chaos -- --write\`: change what is in chaos/, not this page. -->

Every fault that we know how to make, with real nats-servers behind a fault proxy, and a process that publishes all the time: what it accepted,
what was delivered, what was lost, how soon the client noticed, and how soon it was back. The same for nats.js, the official client, as the baseline.

| | |
|---|---|
| date | ${environment.date.slice(0, 10)} |
| versions | Holdfast ${environment.holdfast}, nats.js ${environment.natsjs}, nats-server ${environment.natsServer}, Node ${environment.node} |
| machine | ${environment.cores} × ${environment.cpu}, ${environment.platform}; load ${environment.load.toFixed(1)} at the end |
| again | \`${command}\` |`;
}

function inShort(run: Run): string {
  const { options, results } = run;
  const sums = options.subjects.map((subject) => sum(accountsOf(results, subject)));
  const columns: Column[] = [
    { head: "" },
    ...options.subjects.map((subject) => ({ head: nameOf(subject), right: true })),
  ];
  const rows = ROWS.map(({ label, value }) => [label, ...sums.map(value)]);
  const bad = results.filter(failed).map(({ trouble, subject }) => `${trouble.name} (${nameOf(subject)})`);
  const verdict =
    bad.length === 0
      ? "Holdfast lost nothing in any of them, delivered nothing twice that was to come at most once, and its books balanced all the time."
      : `**Holdfast did not keep its promises in: ${bad.join(", ")}.**`;
  const pace = remarkOnPace(sums, options) ?? "The rate was kept in every trial.";
  return `## In short

${markdownTable(columns, rows)}

${verdict} ${pace}`;
}

function howToRead({ options, minutes }: Run): string {
  const { rate, seconds } = options;
  return `## How it was measured

- One server (in a cluster: two), started for each trial; a publisher in a process of its own, ${count(rate)} messages of ${PAYLOAD} bytes a second, that is connected through the
  proxy and hears its own messages back on the same link; nothing else on the machine is asked to be quiet. All trials took ${minutes.toFixed(0)} minutes.
- A trial lasts ${seconds} s or longer. The fault is injected, healed after the time named, and injected again when the client has had a link for half a second.
- Both clients have their defaults, but for these: nats.js never gives up (\`maxReconnectAttempts: -1\`), Holdfast may buffer 64 MiB during an outage. Neither
  learns of servers past the proxy (\`ignoreClusterUpdates\`), or gives up when its password is refused twice (\`ignoreAuthErrorAbort\`).
- The witness is a plain socket on each server, past the proxy and out of reach of the faults. After a restart nobody is let in before it is there again, so that nothing that
  the server passes on escapes it.
- Each payload carries its number twice and a checksum: bytes that were changed on the way are found out, which NATS itself does not do.

## How to read the tables

- **client**: Holdfast with \`delivery\` at-least-once, its default, and at-most-once; nats.js has one kind of delivery.
- **times**: how often the fault was injected. **accepted**: messages that \`publish()\` took.
- **confirmed**: taken by a server, says the client; nats.js does not say.
- **delivered**: different messages that the witness heard.
- **reported**: dropped or not confirmed, says the client: at-most-once tells of each message that may or may not have arrived. So some of them are delivered.
- **lost**: accepted, not delivered, not reported. Not among them: what was confirmed by a server that was killed before it had passed it on, and what was changed on the
  way. Both are named below the tables.
- **twice**: delivered more than once. Under at-least-once that is how messages are saved whose confirmation had not come when the link died; of those that were
  confirmed, none may come again, and that was checked.
- **told after**: from the injection until the \`disconnect\` event; nats.js: the \`disconnect\` status. **back after**: until the last \`reconnect\`, so it contains the time for
  which nobody could have been reached. Median and worst. A dash: nothing was told, because the link survived, or because the client did not notice.
- **cause**: \`kind (code)\` of the \`disconnect\` event, the most frequent first; nats.js names none.`;
}

function section(plain: readonly Result[], group: Group): string {
  const faults = FAULTS.filter((fault) => fault.group === group);
  const results = plain.filter(
    ({ trouble }) => trouble.faults.length === 1 && faults.includes(trouble.faults[0]),
  );
  return `## ${TITLES[group]}

${faults.map(sentence).join("\n")}

${table(results)}${remarks(results)}`;
}

function overTls({ results }: Run): string {
  const encrypted = results.filter(({ trouble }) => trouble.wire === "tls");
  if (encrypted.length === 0) return `## ${TITLES.tls}\n\nNothing was tried.`;
  return `## ${TITLES.tls}

The same faults once more, the client's link being encrypted: it is given the authority of the servers' certificates, and told to insist on TLS. In the end
the servers are asked whether its link really is encrypted. Faults are left out that have to read what is said, which nobody can on the way. Bytes that are
changed end the link here, before anybody takes them for a message. These exist with TLS alone:

${FAULTS.filter(({ group }) => group === "tls")
  .map(sentence)
  .join("\n")}

${table(encrypted)}${remarks(encrypted)}`;
}

function sentence({ name, does }: Fault): string {
  return `- **${name}**: ${does}`;
}

function pairs(plain: readonly Result[]): string {
  const paired = plain.filter(({ trouble }) => trouble.faults.length > 1);
  if (paired.length === 0) return "## Two at the same time\n\nNone were tried.";
  return `## Two at the same time

Pairs drawn by the seed; the second begins at a random moment while the first lasts.

${table(paired)}${remarks(paired)}`;
}

function table(results: readonly Result[]): string {
  let last = "";
  const rows = results.map((result) => {
    const { name } = result.trouble;
    const shown = name === last ? "" : name;
    last = name;
    const cells = "crash" in result ? ["the trial crashed"] : cellsOf(result.account);
    const row = [shown, nameOf(result.subject), ...cells];
    return [...row, ...new Array<string>(COLUMNS.length - row.length).fill("")];
  });
  return markdownTable(COLUMNS, rows);
}

function cellsOf(account: Account): string[] {
  const { injected, accepted, confirmed, delivered, reported, lost, duplicated, detection, recovery } =
    account;
  return [
    `${injected}`,
    count(accepted),
    known(confirmed),
    count(delivered),
    count(Object.values(reported).reduce((all, each) => all + each, 0)),
    lost.length === 0 ? "0" : `**${count(lost.length)}**`,
    count(duplicated),
    times(detection),
    times(recovery),
    account.causes.slice(0, NAMED_CAUSES).join(", "),
  ];
}

/** What does not fit into a table. */
function remarks(results: readonly Result[]): string {
  const lines = results.flatMap((result) => {
    const about = `- ${result.trouble.name}, ${nameOf(result.subject)}`;
    if ("crash" in result) return [`${about}: ${result.crash}`];
    const { account, broken, evidence } = result;
    const words = broken.map((text) => `**${text}**`);
    if (account.client === "natsjs" && evidence.inClear) words.push("it went on without TLS");
    if (account.diedWithServer > 0)
      words.push(`${count(account.diedWithServer)} confirmed messages died with their server`);
    if (account.damaged > 0)
      words.push(`${count(account.damaged)} messages arrived changed, or nowhere for that reason`);
    if (account.rejected > 0)
      words.push(`\`publish()\` refused ${count(account.rejected)} times, with an error`);
    if (account.client === "natsjs" && !account.subscribed)
      words.push("its own subscription did not hear the last message");
    if (account.held > BIG) words.push(`its process held ${bytes(account.held)} more than at the start`);
    return words.length === 0 ? [] : [`${about}: ${words.join("; ")}`];
  });
  return lines.length === 0 ? "" : `\n\n${lines.join("\n")}`;
}

/** Worth a remark. */
const BIG = 100 * 1024 * 1024;
