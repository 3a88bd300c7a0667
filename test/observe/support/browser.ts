import { type Browser, type BrowserContextOptions, chromium as driver, type Page } from "playwright-core";
import { CHROMIUM_ARGS, chromium } from "../../support/chromium.js";

/** Widths and schemes that people look at the dashboard with. */
export const LOOKS = {
  light: { viewport: { width: 1280, height: 900 }, colorScheme: "light" },
  dark: { viewport: { width: 1280, height: 900 }, colorScheme: "dark" },
  phone: { viewport: { width: 360, height: 780 }, colorScheme: "light", isMobile: true, hasTouch: true },
} as const satisfies Record<string, BrowserContextOptions>;

/** A browser without a window, to be closed. */
export function startBrowser(): Promise<Browser> {
  return driver.launch({ executablePath: chromium(), args: [...CHROMIUM_ARGS] });
}

/** A page in a profile of its own, and what went wrong in it. */
export class Visit implements AsyncDisposable {
  readonly page: Page;
  /** Errors and warnings on the console, among them violations of the CSP; exceptions. */
  readonly complaints: string[] = [];
  /** Addresses that were asked for. */
  readonly requests: string[] = [];

  /** Opens `url`. */
  static async open(
    browser: Browser,
    url: string,
    options: BrowserContextOptions = LOOKS.light,
  ): Promise<Visit> {
    const context = await browser.newContext(options);
    const visit = new Visit(await context.newPage());
    await visit.page.goto(url);
    return visit;
  }

  private constructor(page: Page) {
    this.page = page;
    page.on("console", (message) => {
      if (["error", "warning"].includes(message.type())) this.complaints.push(message.text());
    });
    page.on("pageerror", (error) => this.complaints.push(String(error)));
    page.on("request", (request) => this.requests.push(request.url()));
  }

  /** Waits until an element shows a text; how soon it does is not judged: a browser on a busy machine takes its time. */
  async sees(selector: string, text: string | RegExp, timeout = 20_000): Promise<void> {
    await this.page.locator(selector).filter({ hasText: text }).first().waitFor({ timeout });
  }

  /** The text of an element as it is shown. */
  text(selector: string): Promise<string> {
    // biome-ignore lint/performance/useDomNodeTextContent: it is what is shown that is tested
    return this.page.locator(selector).first().innerText();
  }

  /** A value of the page: an expression, since tests know nothing of the types of a browser. */
  value<T>(expression: string): Promise<T> {
    return this.page.evaluate(expression) as Promise<T>;
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.page.context().close();
  }
}
