import { type ComponentRow, componentRows } from "../components.js";
import { counted } from "../format.js";
import type { Store } from "../store.js";
import { byId, List, make, type Row, set, write } from "./dom.js";

/** What works on a connection: handlers, consumers, request policies. Where there is none, there is no table. */
export class Components {
  private readonly list: List<ComponentRow>;
  private readonly box = byId("components-box", HTMLElement);
  private readonly note = byId("components-note", HTMLElement);

  constructor() {
    const table = byId("components", HTMLTableElement);
    this.list = new List(table.tBodies[0]!, ({ key }) => key, rowOf);
  }

  update({ current }: Store): void {
    const { components = [], moreComponents = 0 } = current?.sample ?? {};
    this.box.hidden = components.length + moreComponents === 0;
    write(this.note, moreComponents > 0 ? `and ${counted(moreComponents, "more", "more")}` : "");
    this.list.show(componentRows(components));
  }
}

function rowOf(): Row<ComponentRow> {
  const row = make("tr", "row");
  const head = make("th");
  head.scope = "row";
  const [name, kind] = [make("span"), make("span", "tag")];
  head.append(name, " ", kind);
  const [state, text] = [make("td"), make("td", "trouble")];
  const numbers = [0, 0, 0, 0, 0, 0].map(() => make("td", "number"));
  const [, , , deadLettered, discarded] = numbers;
  row.append(head, state, ...numbers, text);
  return {
    nodes: [row],
    update: (item) => {
      write(name, item.name);
      write(kind, item.kind);
      write(state, item.state);
      set(state, "data-tone", item.tone === "good" || item.tone === "idle" ? undefined : item.tone);
      const { atWork, done, failed, lag } = item;
      for (const [i, figure] of [atWork, done, failed, item.deadLettered, item.discarded, lag].entries())
        write(numbers[i]!, figure);
      set(deadLettered!, "data-tone", item.hasDeadLetters ? "busy" : undefined);
      set(discarded!, "data-tone", item.hasDiscarded ? "bad" : undefined);
      write(text, item.text);
    },
  };
}
