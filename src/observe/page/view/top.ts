import { duration, elapsed, moment } from "../format.js";
import { LOOKS, lookOf, type Tone } from "../states.js";
import type { Store } from "../store.js";
import { byId, inside, make, set, write } from "./dom.js";

/** Colours of the picture in the browser's tab: it has no style sheet. */
const ICON: Readonly<Record<Tone, { shape: string; colour: string }>> = {
  good: { shape: LOOKS.connected.shape, colour: "#12855b" },
  busy: { shape: LOOKS.connecting.shape, colour: "#b7791f" },
  bad: { shape: LOOKS.reconnecting.shape, colour: "#d93025" },
  idle: { shape: LOOKS.closed.shape, colour: "#7a8594" },
};

const NOTHING = { tone: "busy", word: "Connecting" } as const;
const CONTACTS = {
  connecting: NOTHING,
  live: { tone: "good", word: "Live" },
  lost: { tone: "bad", word: "No contact" },
  away: { tone: "bad", word: "Unreachable" },
} as const;

/** Names, contact, banner, title: what is said of the process as a whole. */
export class Top {
  private readonly name = byId("process-name", HTMLElement);
  private readonly facts = byId("process-facts", HTMLElement);
  private readonly contact = byId("contact", HTMLElement);
  private readonly banner = byId("banner", HTMLElement);
  private readonly choice = byId("process-choice", HTMLElement);
  private readonly select = byId("process", HTMLSelectElement);
  private readonly icon = byId("icon", HTMLLinkElement);
  private readonly clockNote = byId("clock-note", HTMLElement);
  private readonly announcements = byId("announcements", HTMLElement);
  private readonly reload = inside(this.banner, "button", HTMLButtonElement);
  private process: string;

  /**
   * @param process the one that is looked at; `""`: the one that serves the page
   * @param choose looks at another one
   */
  constructor(process: string, choose: (process: string) => void) {
    this.process = process;
    this.select.addEventListener("change", () => {
      this.process = this.select.value;
      choose(this.process);
    });
    this.reload.addEventListener("click", () => location.reload());
  }

  /** What is shown even where nobody looks: in the browser's tab. */
  updateTab(store: Store): void {
    const views = [...store.connections.values()].map(({ view }) => view);
    const up = views.filter(({ state }) => lookOf(state).tone === "good").length;
    const states = views.length === 1 ? views[0]!.state : `${up} of ${views.length} connected`;
    const state = store.isStale ? CONTACTS[store.contact.kind].word.toLowerCase() : states;
    const title = store.hello === undefined ? "Holdfast" : `${state} - ${store.hello.process.name}`;
    if (document.title !== title) document.title = title;
    const { shape, colour } = ICON[store.isStale ? "idle" : store.tone];
    const picture = `<svg xmlns="http://www.w3.org/2000/svg" viewBox="-1 -1 18 18"><path fill="${colour}" d="${shape}"/></svg>`;
    const href = `data:image/svg+xml,${encodeURIComponent(picture)}`;
    set(this.icon, "href", href);
  }

  update(store: Store): void {
    const { hello, contact, now } = store;
    document.documentElement.dataset.contact = contact.kind;
    const { tone, word } = CONTACTS[contact.kind];
    set(this.contact, "data-tone", tone);
    set(inside(this.contact, "path", SVGElement), "d", ICON[tone].shape);
    write(inside(this.contact, "span", HTMLElement), word);
    if (hello !== undefined) {
      const { name, pid, node, holdfast, startedAt } = hello.process;
      write(this.name, name);
      const versions = `Node.js ${node.replace(/^v/, "")} · Holdfast ${holdfast}`;
      write(this.facts, `pid ${pid} · ${versions} · up ${elapsed(now - startedAt)}`);
    }
    this.updateBanner(store);
    this.updateChoice(store);
    write(this.clockNote, clockNote(store));
    for (const text of store.announcements.splice(0)) this.say(text);
  }

  private updateBanner(store: Store): void {
    const [headline, text] = bannerOf(store) ?? [];
    this.banner.hidden = headline === undefined;
    this.reload.hidden = !store.isOutdated;
    write(inside(this.banner, "strong", HTMLElement), headline ?? "");
    write(inside(this.banner, "span", HTMLElement), text ?? "");
  }

  private updateChoice({ hello }: Store): void {
    const processes = hello?.processes ?? [];
    this.choice.hidden = processes.length <= 1;
    const { options } = this.select;
    const isSame =
      options.length === processes.length &&
      processes.every(({ id, name }, i) => options[i]!.value === id && options[i]!.text === name);
    if (isSame || processes.length === 0) return;
    this.select.replaceChildren(
      ...processes.map(({ id, name }) => {
        const option = make("option", "", name);
        option.value = id;
        return option;
      }),
    );
    this.select.value = this.process === "" ? processes[0]!.id : this.process;
  }

  /** A screen reader reads what is added. The last few are kept: what is removed at once is not read. */
  private say(text: string): void {
    this.announcements.append(make("p", "", text));
    while (this.announcements.childElementCount > 5) this.announcements.firstElementChild!.remove();
  }
}

function bannerOf(store: Store): [headline: string, text: string] | undefined {
  const { contact, hello } = store;
  if (store.isOutdated)
    return [
      "This page is too old.",
      "The process has been updated and tells things that the page does not know.",
    ];
  if (contact.kind === "live" || contact.kind === "connecting") return undefined;
  const since = `since ${moment(contact.since, Date.now())} (${elapsed(Date.now() - contact.since)})`;
  const below = hello === undefined ? "" : " What is shown below is what was known then.";
  if (contact.kind === "away")
    return [`This process cannot be reached ${since}.`, `${contact.reason}.${below}`];
  return [`No contact with the process ${since}.`, `The page goes on trying.${below}`];
}

function clockNote({ clock, hello }: Store): string {
  if (hello === undefined) return "";
  const { difference } = clock;
  const zone = Intl.DateTimeFormat().resolvedOptions().timeZone;
  if (difference === 0) return `Times are in the time zone of this browser (${zone}).`;
  const by = duration(Math.abs(difference));
  const direction = difference > 0 ? "ahead of" : "behind";
  return `Times are by the clock of the process, which is ${by} ${direction} this browser's, in the browser's time zone (${zone}).`;
}
