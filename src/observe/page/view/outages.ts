import type { OutageView } from "../../dashboard/protocol.js";
import { count, counted, duration, elapsed, moment } from "../format.js";
import type { Store } from "../store.js";
import { lengthOf } from "../timeline.js";
import { byId, List, make, type Row, set, write } from "./dom.js";

/** Rows of the table; the process tells no more. */
const SHOWN = 100;
const COLUMNS = 7;

interface Item {
  readonly outage: OutageView;
  readonly open: boolean;
  readonly now: number;
}

/** The table of outages. One at a time is open and shows what it was concluded from. */
export class Outages {
  private readonly list: List<Item>;
  private readonly table = byId("outages", HTMLTableElement);
  private readonly note = byId("outages-note", HTMLElement);
  private readonly none = byId("no-outages", HTMLElement);
  private readonly changed: () => void;
  /** When the one that is open began; undefined: none is. */
  opened: number | undefined;

  /** @param changed another one was opened */
  constructor(changed: () => void) {
    this.changed = changed;
    this.list = new List(this.table.tBodies[0]!, keyOf, ({ outage }) =>
      rowOf(outage, () => {
        this.opened = this.opened === outage.startedAt ? undefined : outage.startedAt;
        this.changed();
      }),
    );
  }

  /** Opens one and leads to it. */
  open(startedAt: number): void {
    this.opened = startedAt;
    this.changed();
    const [row] = this.list.nodesOf(String(startedAt));
    row?.querySelector("button")?.focus();
    row?.scrollIntoView({ block: "center" });
  }

  update({ current, now }: Store): void {
    const outages = current?.view.outages ?? [];
    this.none.hidden = outages.length > 0;
    this.table.parentElement!.hidden = outages.length === 0;
    write(this.note, outages.length >= SHOWN ? `the last ${SHOWN}` : "");
    this.list.show(
      outages.slice(0, SHOWN).map((outage) => ({ outage, open: outage.startedAt === this.opened, now })),
    );
  }
}

const keyOf = ({ outage }: Item) => String(outage.startedAt);

function rowOf({ startedAt }: OutageView, toggle: () => void): Row<Item> {
  const row = make("tr", "row");
  const head = make("th");
  head.scope = "row";
  const button = make("button", "disclose");
  button.type = "button";
  button.addEventListener("click", toggle);
  head.append(button);
  const [lasted, attempts, replayed, lost] = [0, 0, 0, 0].map(() => make("td", "number"));
  const [cause, server] = [make("td", "cause"), make("td", "server")];
  const kind = make("span", "tag");
  const causeText = make("span");
  cause.append(kind, " ", causeText);
  row.append(head, lasted!, cause, server, attempts!, replayed!, lost!);

  const details = make("tr", "details");
  details.id = `outage-${startedAt}`;
  const cell = make("td");
  cell.colSpan = COLUMNS;
  const facts = make("ul");
  cell.append(facts);
  details.append(cell);
  set(button, "aria-controls", details.id);
  const factList = new List<string>(facts, (fact) => fact, factRow);

  const update = ({ outage, open, now }: Item) => {
    const lasts = outage.endedAt === null;
    set(row, "data-open", open ? "" : undefined);
    set(row, "data-tone", lasts ? "bad" : undefined);
    write(button, moment(outage.startedAt, now));
    set(button, "aria-expanded", String(open));
    write(lasted!, lasts ? `${elapsed(lengthOf(outage, now))} so far` : duration(lengthOf(outage, now)));
    write(kind, outage.kind);
    write(causeText, outage.cause);
    write(server, serversOf(outage));
    write(attempts!, count(outage.attempts));
    write(replayed!, count(outage.replayed));
    write(lost!, count(outage.lost));
    set(lost!, "data-tone", outage.lost > 0 ? "bad" : undefined);
    details.hidden = !open;
    if (open) factList.show([...new Set(factsOf(outage, now))]);
  };
  return { nodes: [row, details], update };
}

function serversOf({ server, next, endedAt }: OutageView): string {
  if (endedAt === null || next === "") return server;
  return next === server ? `${server}, again` : `${server} → ${next}`;
}

function factsOf(outage: OutageView, now: number): string[] {
  const { endedAt, unconfirmed, abandoned, replayed, lost, evidence, advice } = outage;
  const facts = [
    ...evidence,
    endedAt === null ? "it has not ended" : `it ended at ${moment(endedAt, now)}`,
    unconfirmed > 0
      ? `${counted(unconfirmed, "message")} on the way when the link was lost; ${count(replayed)} written again`
      : "no message was on the way when the link was lost",
  ];
  if (abandoned > 0) facts.push(`${counted(abandoned, "message")} on the way and not to be written again`);
  if (lost > 0) facts.push(`${counted(lost, "message")} given up while it lasted`);
  return facts.concat(advice.map((one) => `to do: ${one}`));
}

function factRow(): Row<string> {
  const row = make("li");
  return { nodes: [row], update: (fact) => write(row, fact) };
}
