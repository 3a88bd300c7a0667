/**
 * A transport of NestJS on a Holdfast connection: a server for `@MessagePattern()` and `@EventPattern()`, and a client. Copy it.
 *
 * The connection is the application's: this neither makes nor closes it. On the wire there is JSON and nothing else, so the other side may be any client,
 * such as `request()` and `handle()`; errors travel as headers `Nats-Service-Error`. Each message has bounded concurrency, a deadline, retries for events,
 * and is finished before the application closes.
 */
import { BaseRpcContext, ClientProxy, type CustomTransportStrategy, Server } from "@nestjs/microservices";
import type { Connection } from "holdfast";
import { type HandleOptions, type Handler, type HandlerContext, handle, request } from "holdfast/service";
import { lastValueFrom } from "rxjs";

type Options = Pick<
  HandleOptions,
  "queue" | "concurrency" | "timeout" | "retries" | "deadLetter" | "backoff"
>;
type Pattern = Parameters<ClientProxy["normalizePattern"]>[0];

/** What `@Ctx()` gives: the subject, headers, and a signal that says when nobody waits any longer. */
export class HoldfastContext extends BaseRpcContext<[HandlerContext]> {
  get subject(): string {
    return this.args[0].subject;
  }

  get headers(): HandlerContext["headers"] {
    return this.args[0].headers;
  }

  get signal(): AbortSignal {
    return this.args[0].signal;
  }
}

/** `app.connectMicroservice({ strategy: new HoldfastServer(nc, { queue: "orders" }) })`. Only events are tried again: who asks decides by himself. */
export class HoldfastServer extends Server implements CustomTransportStrategy {
  override readonly transportId = Symbol.for("holdfast");
  private readonly running: Handler[] = [];

  constructor(
    private readonly nc: Connection,
    private readonly options: Options = {},
  ) {
    super();
  }

  listen(callback: (error?: unknown) => void): void {
    try {
      for (const [pattern, method] of this.messageHandlers) {
        const retries = method.isEventHandler === true ? this.options.retries : 0;
        const work = (data: unknown, context: HandlerContext) =>
          this.call(pattern, data, new HoldfastContext([context]));
        this.running.push(handle(this.nc, pattern, work, { ...this.options, retries }));
      }
      callback();
    } catch (error) {
      callback(error);
    }
  }

  /** Takes no more messages, and finishes those that are there. */
  async close(): Promise<void> {
    await Promise.all(this.running.splice(0).map((handler) => handler.stop()));
  }

  on(): never {
    throw new Error("listen to the connection: nc.on()");
  }

  unwrap<T>(): T {
    return this.nc as T;
  }

  private call(pattern: string, data: unknown, context: HoldfastContext): Promise<unknown> {
    const answer = async () => {
      const found = await this.getHandlerByPattern(pattern)?.(data, context);
      return lastValueFrom(this.transformToObservable(found), { defaultValue: undefined });
    };
    return new Promise((resolve, reject) => {
      this.onProcessingStartHook(this.transportId, context, async () => {
        await answer().then(resolve, (error) => reject(toError(error)));
        this.onProcessingEndHook?.(this.transportId, context);
      });
    });
  }
}

/** Nest throws plain objects: those of `RpcException`, and one without details for all other errors. What is in them may be told to who has asked. */
function toError(thrown: unknown): Error {
  if (thrown instanceof Error) return thrown;
  const { message, status } = (thrown ?? {}) as { message?: unknown; status?: unknown };
  const code = typeof status === "number" ? status : 500;
  return Object.assign(new Error(typeof message === "string" ? message : "internal error"), { code });
}

/** A client: `send()` asks, `emit()` publishes, into the buffer in an outage. */
export class HoldfastClient extends ClientProxy {
  /** @param options of the requests, or a policy of `policy()` with retries and a circuit breaker */
  constructor(
    private readonly nc: Connection,
    private readonly options?: Parameters<typeof request>[3],
  ) {
    super();
  }

  async connect(): Promise<Connection> {
    return this.nc;
  }

  /** The connection is not ours. */
  close(): void {}

  override on(): never {
    throw new Error("listen to the connection: nc.on()");
  }

  unwrap<T>(): T {
    return this.nc as T;
  }

  protected publish(
    { pattern, data }: { pattern: Pattern; data: unknown },
    callback: (packet: { response?: unknown; err?: unknown; isDisposed?: boolean }) => void,
  ): () => void {
    const unsubscribed = new AbortController();
    request(this.nc, this.normalizePattern(pattern), data, this.options, {
      signal: unsubscribed.signal,
    }).then(
      (response) => callback({ response: response ?? null, isDisposed: true }),
      (err) => callback({ err }),
    );
    return () => unsubscribed.abort();
  }

  protected async dispatchEvent<T>({ pattern, data }: { pattern: Pattern; data: unknown }): Promise<T> {
    // false: more is waiting than is good.
    if (!this.nc.publish(this.normalizePattern(pattern), JSON.stringify(data))) await this.nc.writable();
    return undefined as T;
  }
}
