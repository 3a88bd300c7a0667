import type { Api } from "./api.js";

/**
 * What goes wrong with OpenTelemetry itself, or with functions given for it: told to OpenTelemetry's own log (`diag`), each kind once, and to
 * nobody else. Messages go on without a span.
 */
export class Troubles {
  private readonly api: Api;
  private readonly told = new Set<string>();

  constructor(api: Api) {
    this.api = api;
  }

  /** @param what fails, such as `the propagator` */
  tell(what: string, cause: unknown): void {
    if (this.told.has(what)) return;
    this.told.add(what);
    try {
      this.api.diag.error(`holdfast: ${what} has failed; this is told once`, cause);
    } catch {
      // A logger that fails as well: there is nobody left to tell.
    }
  }
}
