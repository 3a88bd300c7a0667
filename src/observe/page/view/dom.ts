/**
 * What the views need of the document. Everything is written by `textContent`: names and texts of events come from applications and servers, and
 * are text whatever they look like.
 */

/** The element of the page with this id. */
export function byId<E extends HTMLElement>(id: string, kind: abstract new () => E): E {
  const found = document.getElementById(id);
  if (!(found instanceof kind)) throw new Error(`the page has no ${kind.name} with the id ${id}`);
  return found;
}

/** The first element inside of `parent` that the selector finds. */
export function inside<E extends Element>(
  parent: ParentNode,
  selector: string,
  kind: abstract new () => E,
): E {
  const found = parent.querySelector(selector);
  if (!(found instanceof kind)) throw new Error(`there is no ${kind.name} at ${selector}`);
  return found;
}

/** A new element. */
export function make<K extends keyof HTMLElementTagNameMap>(
  tag: K,
  className = "",
  text = "",
): HTMLElementTagNameMap[K] {
  const element = document.createElement(tag);
  if (className !== "") element.className = className;
  if (text !== "") element.textContent = text;
  return element;
}

const SVG = "http://www.w3.org/2000/svg";

/** A shape of 16 x 16 in the colour of the text around it. */
export function makeShape(path: string): SVGElement {
  const svg = document.createElementNS(SVG, "svg");
  svg.setAttribute("class", "shape");
  svg.setAttribute("viewBox", "0 0 16 16");
  svg.setAttribute("aria-hidden", "true");
  const line = document.createElementNS(SVG, "path");
  line.setAttribute("d", path);
  svg.append(line);
  return svg;
}

/** Writes a text, if it is another one: what is written anew loses a selection in it. */
export function write(node: Node, text: string): void {
  if (node.textContent !== text) node.textContent = text;
}

/** Sets an attribute, if it has another value; `undefined` removes it. */
export function set(element: Element, name: string, value: string | undefined): void {
  if (value === undefined) element.removeAttribute(name);
  else if (element.getAttribute(name) !== value) element.setAttribute(name, value);
}

/** A row of a {@link List}. */
export interface Row<T> {
  readonly nodes: readonly Element[];
  update(item: T): void;
}

/**
 * The children of an element, one row per item. A row stays the same element as long as its item is there, so that focus, selection and what was opened
 * stay; rows whose item is gone are removed.
 */
export class List<T> {
  private readonly parent: Element;
  private readonly keyOf: (item: T) => string;
  private readonly makeRow: (item: T) => Row<T>;
  private readonly rows = new Map<string, Row<T>>();

  constructor(parent: Element, keyOf: (item: T) => string, makeRow: (item: T) => Row<T>) {
    this.parent = parent;
    this.keyOf = keyOf;
    this.makeRow = makeRow;
  }

  show(items: readonly T[]): void {
    const keys = new Set(items.map(this.keyOf));
    for (const [key, { nodes }] of this.rows) {
      if (keys.has(key)) continue;
      for (const node of nodes) node.remove();
      this.rows.delete(key);
    }
    let next = this.parent.firstElementChild;
    for (const item of items) {
      const key = this.keyOf(item);
      let row = this.rows.get(key);
      if (row === undefined) {
        row = this.makeRow(item);
        this.rows.set(key, row);
      }
      row.update(item);
      for (const node of row.nodes) {
        if (node === next) next = next.nextElementSibling;
        else this.parent.insertBefore(node, next);
      }
    }
  }

  /** The elements of the item with this key. */
  nodesOf(key: string): readonly Element[] {
    return this.rows.get(key)?.nodes ?? [];
  }
}

/**
 * What can be scrolled is reached by Tab, so that it can be scrolled by keys, and has the name of the heading in its `data-title`; what cannot be
 * is no stop on the way.
 */
export function noteScrolling(elements: Iterable<HTMLElement>): void {
  for (const element of elements) {
    const scrolls =
      element.scrollWidth > element.clientWidth + 1 || element.scrollHeight > element.clientHeight + 1;
    set(element, "tabindex", scrolls ? "0" : undefined);
    set(element, "role", scrolls ? "group" : undefined);
    set(element, "aria-labelledby", scrolls ? element.dataset.title : undefined);
  }
}

/** Arrow keys, Home and End move along elements of which only one is reached by Tab: the way of toolbars and tabs. */
export function moveByArrows(
  group: HTMLElement,
  elements: () => readonly HTMLElement[],
  arrived: (element: HTMLElement) => void,
): void {
  group.addEventListener("keydown", (event) => {
    const all = elements();
    const at = all.indexOf(document.activeElement as HTMLElement);
    const to = { ArrowRight: at + 1, ArrowLeft: at - 1, Home: 0, End: all.length - 1 }[event.key];
    if (at === -1 || to === undefined) return;
    event.preventDefault();
    const element = all[(to + all.length) % all.length]!;
    element.focus();
    arrived(element);
  });
}
