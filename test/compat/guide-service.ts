import {
  AckPolicy,
  type Consumer,
  type ConsumerMessages,
  connect,
  DebugEvents,
  ErrorCode,
  Events,
  type JetStreamClient,
  type JetStreamManager,
  JSONCodec,
  type JsMsg,
  type Msg,
  type MsgHdrs,
  type NatsConnection,
  NatsError,
  nanos,
  RetentionPolicy,
  StorageType,
  type Subscription,
} from "../../src/compat/index.js";

// Code as people write it from the common guides, class by class; only where "nats" is imported from differs.

/** The connection manager: callbacks, health, close by draining. */
export class ConnectionManager {
  nc!: NatsConnection;
  readonly log: string[] = [];
  private readonly health = { attempts: 0, reconnects: 0, lastConnected: 0, lastDisconnected: 0 };
  intake = true;

  async connect(servers: string[]): Promise<void> {
    this.nc = await connect({
      servers,
      name: "order-service",
      maxReconnectAttempts: -1,
      reconnectTimeWait: 50,
      reconnectJitter: 10,
      reconnectJitterTLS: 20,
      timeout: 10_000,
      pingInterval: 30_000,
      maxPingOut: 3,
    });
    this.health.lastConnected = Date.now();
    this.nc.on(Events.Disconnect, (error) => {
      this.intake = false;
      this.health.lastDisconnected = Date.now();
      this.log.push(`disconnect ${error instanceof NatsError}`);
    });
    this.nc.on(DebugEvents.Reconnecting, () => {
      this.health.attempts++;
    });
    this.nc.on(Events.Reconnect, ({ server, downtime, attempts }) => {
      this.intake = true;
      this.health.attempts = 0;
      this.health.reconnects++;
      this.health.lastConnected = Date.now();
      this.log.push(`reconnect ${server === this.nc.getServer()} ${downtime > 0} ${attempts > 0}`);
    });
    this.nc.on(Events.Update, ({ added, deleted }) => this.log.push(`update ${added} ${deleted}`));
    this.nc.on(Events.Error, (error) => this.log.push(`error ${error.code}`));
    this.nc.on(Events.LDM, () => this.log.push("lame duck"));
    this.nc.on(Events.Close, (error) => this.log.push(`close ${error}`));
    void this.monitor();
  }

  /** The same by the status iterator. */
  private async monitor(): Promise<void> {
    for await (const status of this.nc.status()) {
      switch (status.type) {
        case Events.Disconnect:
          this.log.push(`status disconnect ${status.data}`);
          break;
        case Events.Reconnect:
          this.log.push(`status reconnect ${status.data}`);
          break;
        case DebugEvents.StaleConnection:
          this.log.push("status stale");
          break;
        default:
          break;
      }
    }
    this.log.push("status end");
  }

  getHealth() {
    const { version = "none" } = this.nc.info ?? {};
    return {
      connected: !this.nc.isClosed() && this.intake,
      server: this.nc.getServer(),
      version,
      ...this.health,
    };
  }

  async close(): Promise<void> {
    await this.nc.drain();
  }
}

/** The buffer-aware publisher with its overflow queue. */
export class ResilientPublisher {
  readonly queue: { subject: string; data: Uint8Array }[] = [];
  readonly lost: string[] = [];
  private readonly jc = JSONCodec();
  private readonly nc: NatsConnection;
  private readonly limit: number;

  constructor(nc: NatsConnection, limit: number) {
    this.nc = nc;
    this.limit = limit;
    nc.on(Events.Reconnect, () => this.drain());
  }

  publish(subject: string, value: unknown, headers?: MsgHdrs): boolean {
    const data = this.jc.encode(value);
    try {
      this.nc.publish(subject, data, { headers });
      return true;
    } catch (error) {
      const { code } = error as NatsError;
      if (code === ErrorCode.MaxPayloadExceeded) throw error;
      if (code === ErrorCode.ConnectionClosed) return false;
      if (this.queue.length < this.limit) this.queue.push({ subject, data });
      else this.lost.push(subject);
      return false;
    }
  }

  private drain(): void {
    for (const { subject, data } of this.queue.splice(0)) this.nc.publish(subject, data);
  }
}

/** The client wrapper: isolated handlers, JSON, requests with retries. */
export class NatsClient {
  private readonly subscriptions = new Map<string, Subscription>();
  readonly failures: string[] = [];
  private readonly jc = JSONCodec<unknown>();
  private readonly nc: NatsConnection;

  constructor(nc: NatsConnection) {
    this.nc = nc;
  }

  subscribe<T>(subject: string, handler: (data: T, msg: Msg) => Promise<unknown>, queue?: string): void {
    const sub = this.nc.subscribe(subject, { queue });
    this.subscriptions.set(subject, sub);
    void (async () => {
      for await (const msg of sub) {
        try {
          const result = await handler(this.jc.decode(msg.data) as T, msg);
          if (msg.reply && result !== undefined) msg.respond(this.jc.encode(result));
        } catch (error) {
          this.failures.push(error instanceof NatsError ? error.code : (error as Error).message);
        }
      }
    })();
  }

  async request<T>(
    subject: string,
    data: unknown,
    { timeout = 5000, retries = 2, delay = 20 } = {},
  ): Promise<T> {
    const h = this.nc.headers();
    h.set("X-Attempt-Of", "order-service");
    for (let attempt = 0; ; attempt++) {
      try {
        const msg = await this.nc.request(subject, this.jc.encode(data), { timeout, headers: h });
        return this.jc.decode(msg.data) as T;
      } catch (error) {
        const { code } = error as NatsError;
        const retryable = code === ErrorCode.Timeout || code === ErrorCode.NoResponders;
        if (!(error instanceof NatsError) || !retryable || attempt >= retries) throw error;
        await new Promise((resolve) => setTimeout(resolve, delay * 2 ** attempt));
      }
    }
  }
}

/** The JetStream subscriber: a stream made if it is missing, a durable consumer with explicit acknowledgements. */
export class StreamWorker {
  private messages: ConsumerMessages | undefined;
  private jsm!: JetStreamManager;
  js!: JetStreamClient;
  private readonly nc: NatsConnection;

  constructor(nc: NatsConnection) {
    this.nc = nc;
  }

  async start(stream: string, subjects: string[], handler: (m: JsMsg) => Promise<void>): Promise<void> {
    this.jsm = await this.nc.jetstreamManager();
    this.js = this.nc.jetstream();
    try {
      await this.jsm.streams.info(stream);
    } catch (error) {
      if ((error as NatsError).code !== ErrorCode.JetStream404NoMessages) throw error;
      await this.jsm.streams.add({
        name: stream,
        subjects,
        retention: RetentionPolicy.Limits,
        storage: StorageType.File,
        max_msgs: 100_000,
        max_bytes: 100 * 1024 * 1024,
      });
    }
    await this.jsm.consumers.add(stream, {
      durable_name: "worker",
      ack_policy: AckPolicy.Explicit,
      max_deliver: 3,
      ack_wait: nanos(30_000),
    });
    const consumer: Consumer = await this.js.consumers.get(stream, "worker");
    this.messages = await consumer.consume({ max_messages: 100, expires: 30_000, idle_heartbeat: 500 });
    void this.run(this.messages, handler);
  }

  private async run(messages: ConsumerMessages, handler: (m: JsMsg) => Promise<void>): Promise<void> {
    for await (const m of messages) {
      try {
        await handler(m);
        m.ack();
      } catch {
        m.nak();
      }
    }
  }

  async stop(): Promise<void> {
    await this.messages?.close();
  }
}
