import { byId, write } from "./dom.js";

const THEMES = ["auto", "light", "dark"] as const;
type Theme = (typeof THEMES)[number];

const KEY = "holdfast-theme";

/** Light, dark, or what the system says: a button that is pressed for the next. What was chosen is kept in the browser. */
export class ThemeButton {
  private readonly button = byId("theme", HTMLButtonElement);
  private theme = kept();

  /** @param changed colours are other ones now */
  constructor(changed: () => void) {
    this.apply();
    this.button.addEventListener("click", () => {
      this.theme = THEMES[(THEMES.indexOf(this.theme) + 1) % THEMES.length]!;
      keep(this.theme);
      this.apply();
      changed();
    });
    matchMedia("(prefers-color-scheme: dark)").addEventListener("change", changed);
  }

  private apply(): void {
    document.documentElement.dataset.theme = this.theme;
    write(this.button, `Theme: ${this.theme}`);
  }
}

/** A browser may refuse to keep things. */
function kept(): Theme {
  try {
    return THEMES.find((theme) => theme === localStorage.getItem(KEY)) ?? "auto";
  } catch {
    return "auto";
  }
}

function keep(theme: Theme): void {
  try {
    localStorage.setItem(KEY, theme);
  } catch {
    // It holds until the page is left.
  }
}
