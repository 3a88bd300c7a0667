/** What a server, or a gateway before it, has answered to the upgrade to a websocket; the cause of the error that is told. */
export class HttpRefusal extends Error {
  readonly status: number;
  /** Its header `Retry-After`, as it came: it may be anything. */
  readonly retryAfter: string | undefined;

  constructor(status: number, retryAfter?: string) {
    super(`HTTP ${status}`);
    this.name = "HttpRefusal";
    this.status = status;
    this.retryAfter = retryAfter;
  }
}
