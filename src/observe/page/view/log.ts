import type { LogView } from "../../dashboard/protocol.js";
import type { LevelFilter } from "../event-log.js";
import { moment, preciseTime } from "../format.js";
import { LOOKS } from "../states.js";
import type { Store } from "../store.js";
import { byId, List, make, makeShape, type Row, set, write } from "./dom.js";

const LEVELS: Readonly<Record<LogView["level"], { tone: string; shape: string }>> = {
  info: { tone: "idle", shape: "" },
  warning: { tone: "busy", shape: LOOKS.reconnecting.shape },
  error: { tone: "bad", shape: LOOKS.disconnected.shape },
};

/** The events of the selected connection as they happen. */
export class Log {
  private readonly list: List<LogView>;
  private readonly level = byId("log-level", HTMLSelectElement);
  private readonly newest = byId("log-newest", HTMLInputElement);
  private readonly pause = byId("log-pause", HTMLButtonElement);
  private readonly rows = byId("log", HTMLElement);
  private readonly none = byId("no-log", HTMLElement);
  /** The connection and its newest entry when it was paused. */
  private pausedAt: { id: string; entry: number } | undefined;

  /** @param changed something else is to be shown */
  constructor(store: Store, changed: () => void) {
    this.list = new List(this.rows, ({ id }) => String(id), rowOf);
    this.level.addEventListener("change", changed);
    this.newest.addEventListener("change", changed);
    this.pause.addEventListener("click", () => {
      const { selected, current } = store;
      this.pausedAt =
        this.pausedAt !== undefined || selected === undefined
          ? undefined
          : { id: selected, entry: current?.log.lastId ?? 0 };
      changed();
    });
  }

  update({ current, selected }: Store): void {
    if (current === undefined) return;
    // Another connection was chosen: its log goes on.
    if (this.pausedAt !== undefined && this.pausedAt.id !== selected) this.pausedAt = undefined;
    const until = this.pausedAt?.entry;
    const entries = current.log.view(this.level.value as LevelFilter, this.newest.checked, until);
    this.list.show(entries);
    this.none.hidden = entries.length > 0;
    this.rows.hidden = entries.length === 0;
    set(this.pause, "aria-pressed", String(until !== undefined));
    write(this.pause, until === undefined ? "Pause" : `Paused: ${current.log.countAfter(until)} new`);
  }
}

function rowOf(): Row<LogView> {
  const row = make("li");
  const time = make("time");
  const level = make("span", "level");
  const [shape, word] = [makeShape(""), make("span")];
  level.append(shape, word);
  const [event, what] = [make("span", "event"), make("span", "what")];
  const [text, times, detail] = [make("span"), make("span", "tag"), make("span", "detail")];
  what.append(text, " ", times, " ", detail);
  row.append(time, " ", level, " ", event, " ", what);
  return {
    nodes: [row],
    update: (entry) => {
      const look = LEVELS[entry.level] ?? LEVELS.info;
      set(row, "data-tone", look.tone);
      set(shape.firstElementChild!, "d", look.shape);
      write(word, entry.level);
      write(time, preciseTime(entry.at));
      set(time, "title", moment(entry.at, 0));
      write(event, entry.event);
      write(text, entry.text);
      times.hidden = entry.times <= 1;
      write(times, entry.times > 1 ? `${entry.times} times, last at ${preciseTime(entry.lastAt)}` : "");
      detail.hidden = entry.detail === undefined;
      write(detail, entry.detail ?? "");
    },
  };
}
