/** What is to be undone at the end of a test, the newest first; what `AsyncDisposableStack` will be one day. */
export class Cleanup implements AsyncDisposable {
  private readonly actions: (() => PromiseLike<unknown>)[] = [];

  /** Closes `resource` at the end. */
  use<T extends { close(): Promise<unknown> } | AsyncDisposable>(resource: T): T {
    this.actions.push(() => ("close" in resource ? resource.close() : resource[Symbol.asyncDispose]()));
    return resource;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const action of this.actions.splice(0).reverse()) await action();
  }
}
