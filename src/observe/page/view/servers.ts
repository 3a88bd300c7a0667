import type { ServerView } from "../../dashboard/protocol.js";
import { count, moment, NONE } from "../format.js";
import type { Store } from "../store.js";
import { byId, List, make, type Row, set, write } from "./dom.js";

/** Rows of the table: gossip may bring many. */
const SHOWN = 100;

interface Item {
  readonly server: ServerView;
  readonly now: number;
}

/** The servers that a connection may use. */
export class Servers {
  private readonly list: List<Item>;
  private readonly table = byId("servers", HTMLTableElement);
  private readonly none = byId("no-servers", HTMLElement);

  constructor() {
    this.list = new List(this.table.tBodies[0]!, ({ server }) => server.server, rowOf);
  }

  update({ current, now }: Store): void {
    const servers = current?.view.servers ?? [];
    this.none.hidden = servers.length > 0;
    this.table.parentElement!.hidden = servers.length === 0;
    this.list.show(servers.slice(0, SHOWN).map((server) => ({ server, now })));
  }
}

function rowOf(): Row<Item> {
  const row = make("tr", "row");
  const head = make("th");
  head.scope = "row";
  const [name, current, gossiped] = [
    make("span"),
    make("span", "tag", "current"),
    make("span", "tag", "gossiped"),
  ];
  set(current, "data-tone", "good");
  head.append(name, " ", current, " ", gossiped);
  const [last, links] = [make("td"), make("td", "number")];
  const [failures, error] = [make("td", "number"), make("td")];
  row.append(head, last, links, failures, error);
  return {
    nodes: [row],
    update: ({ server: view, now }) => {
      write(name, view.server);
      current.hidden = !view.current;
      gossiped.hidden = !view.gossiped;
      write(last, view.lastConnectAt === null ? "never" : moment(view.lastConnectAt, now));
      write(links, count(view.reconnects));
      write(failures, count(view.failures));
      write(error, lastError(view, now));
    },
  };
}

function lastError({ lastError: text, lastErrorAt }: ServerView, now: number): string {
  if (text === "") return NONE;
  return lastErrorAt === null ? text : `${moment(lastErrorAt, now)}: ${text}`;
}
