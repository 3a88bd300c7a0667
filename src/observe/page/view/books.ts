import type { BooksView } from "../../dashboard/protocol.js";
import { count } from "../format.js";
import type { Store } from "../store.js";
import { byId, List, make, type Row, set, write } from "./dom.js";

interface Item {
  readonly name: string;
  readonly count: number;
  readonly note: string;
  /** What it is when there is one: something to look at. */
  readonly tone: "bad" | "busy" | undefined;
  /** A part of the line before. */
  readonly part: boolean;
}

/** What has become of all that was published. */
export class Books {
  private readonly list: List<Item>;

  constructor() {
    this.list = new List(
      byId("books", HTMLTableElement).tBodies[0]!,
      ({ name, part }) => `${part}${name}`,
      rowOf,
    );
  }

  update({ current }: Store): void {
    this.list.show(current === undefined ? [] : items(current.view.books));
  }
}

function items(books: BooksView): Item[] {
  const line = (name: string, n: number, note: string, tone?: Item["tone"]): Item => ({
    name,
    count: n,
    note,
    tone: n > 0 ? tone : undefined,
    part: false,
  });
  return [
    line("Accepted", books.accepted, "by publish(); the sum of the next five"),
    line("Confirmed", books.confirmed, "a server has taken them"),
    line("Pending", books.pending, "kept until a server confirms them"),
    line("Dropped", books.dropped, "given up, and told so", "bad"),
    ...Object.entries(books.dropReasons)
      .filter(([, n]) => n > 0)
      .map(([name, n]): Item => ({ name, count: n, note: "", tone: "bad", part: true })),
    line("Refused", books.refused, "by the server: permissions", "bad"),
    line("Unconfirmed", books.unconfirmed, "on a lost link, not to be written again", "busy"),
    line("Written again", books.replayed, "after outages; each may arrive twice"),
    ...(books.recovered
      ? [line("Recovered", books.recovered, "of the accepted: the outbox had them of an earlier process")]
      : []),
    line("Rejected", books.rejected, "not accepted: publish() has thrown", "busy"),
  ];
}

function rowOf({ part }: Item): Row<Item> {
  const row = make("tr", part ? "" : "row");
  const head = make("th", part ? "book part" : "book");
  head.scope = "row";
  const [number, note] = [make("td", "number"), make("td", "small")];
  row.append(head, number, note);
  return {
    nodes: [row],
    update: (item) => {
      write(head, item.name);
      write(number, count(item.count));
      set(number, "data-tone", item.tone);
      write(note, item.note);
    },
  };
}
