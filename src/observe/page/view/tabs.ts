import { lookOf } from "../states.js";
import type { Known, Store } from "../store.js";
import { byId, inside, List, make, makeShape, moveByArrows, type Row, set, write } from "./dom.js";

interface Item {
  readonly known: Known;
  readonly selected: boolean;
}

/** Which connection's details are shown, where there are several: tabs by the ARIA pattern, chosen by arrow keys. */
export class Tabs {
  private readonly list: List<Item>;
  private readonly bar = byId("tabs", HTMLElement);
  private readonly panel = byId("panel", HTMLElement);

  constructor(choose: (id: string) => void) {
    this.list = new List(
      this.bar,
      ({ known }) => known.view.id,
      ({ known }) => tab(known.view.id, choose),
    );
    const all = () => [...this.bar.querySelectorAll<HTMLElement>("[role=tab]")];
    moveByArrows(this.bar, all, (element) => choose(element.dataset.connection!));
  }

  update({ connections, selected }: Store): void {
    const several = connections.size > 1;
    this.bar.hidden = !several;
    set(this.panel, "role", several ? "tabpanel" : undefined);
    set(this.panel, "aria-labelledby", several && selected !== undefined ? `tab-${selected}` : undefined);
    this.list.show(
      several
        ? [...connections.values()].map((known) => ({ known, selected: known.view.id === selected }))
        : [],
    );
  }
}

function tab(id: string, choose: (id: string) => void): Row<Item> {
  const root = make("button");
  root.type = "button";
  root.id = `tab-${id}`;
  root.dataset.connection = id;
  set(root, "role", "tab");
  set(root, "aria-controls", "panel");
  const shape = makeShape("");
  const name = make("span");
  const state = make("span", "unseen");
  root.append(shape, name, state);
  root.addEventListener("click", () => choose(id));
  return {
    nodes: [root],
    update: ({ known: { view }, selected }) => {
      const { tone, shape: path } = lookOf(view.state);
      set(root, "data-tone", tone);
      set(inside(shape, "path", SVGElement), "d", path);
      write(name, view.name);
      write(state, `, ${view.state}`);
      set(root, "aria-selected", String(selected));
      root.tabIndex = selected ? 0 : -1;
    },
  };
}
