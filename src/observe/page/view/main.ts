import { Feed } from "../feed.js";
import { Store } from "../store.js";
import { Books } from "./books.js";
import { Cards } from "./cards.js";
import { Charts } from "./charts.js";
import { Components } from "./components.js";
import { byId, noteScrolling } from "./dom.js";
import { Log } from "./log.js";
import { Outages } from "./outages.js";
import { Servers } from "./servers.js";
import { Strip } from "./strip.js";
import { Tabs } from "./tabs.js";
import { ThemeButton } from "./theme.js";
import { Top } from "./top.js";

/** ms between two looks at whether something has changed: a burst of events is drawn once. */
const TICK_MS = 100;

/** What is looked at stands in the address, so that it can be passed on. */
const address = new URL(location.href);

function remember(name: "process" | "connection", value: string): void {
  if (value === "") address.searchParams.delete(name);
  else address.searchParams.set(name, value);
  history.replaceState(null, "", address);
}

const store = new Store();
const feed = new Feed(store, {
  open: (url) => new EventSource(url),
  fetchJson: async (url) => {
    const answer = await fetch(url);
    if (!answer.ok) throw new Error(`HTTP ${answer.status}`);
    return await answer.json();
  },
  now: Date.now,
});

const changed = () => {
  store.changed = true;
};
const select = (id: string) => {
  store.select(id);
  remember("connection", id);
};

const process = address.searchParams.get("process") ?? "";
store.wanted = address.searchParams.get("connection") ?? undefined;
const top = new Top(process, (chosen) => {
  remember("process", chosen);
  remember("connection", "");
  store.forget();
  feed.choose(chosen);
});
const charts = new Charts(changed);
new ThemeButton(() => charts.recolour());
const cards = new Cards();
const tabs = new Tabs(select);
const outages = new Outages(changed);
const strip = new Strip((startedAt) => outages.open(startedAt));
const log = new Log(store, changed);
const views = [top, cards, tabs, outages, charts, new Components(), new Servers(), new Books(), log];
const details = byId("details", HTMLElement);
const scrolling = details.querySelectorAll<HTMLElement>(".scroll");

function render(): void {
  details.hidden = store.current === undefined;
  for (const view of views) view.update(store);
  strip.update(store, outages.opened);
  noteScrolling(scrolling);
}

let second = 0;
function tick(): void {
  feed.check();
  if (store.historyWanted && store.selected !== undefined) {
    store.historyWanted = false;
    feed.history(store.selected).then((series) => store.takeHistory(series));
  }
  const now = Math.floor(Date.now() / 1000);
  if (!store.changed && now === second) return;
  store.changed = false;
  second = now;
  top.updateTab(store);
  // Where nobody looks nothing is drawn; what comes is kept.
  if (document.visibilityState === "visible") render();
}

document.addEventListener("visibilitychange", changed);
feed.choose(process);
setInterval(tick, TICK_MS);
tick();
