// What a program sees that imports "holdfast/observe". Made by `npm run docs`.
// What is in holdfast.d.ts as well stands only there.

export { normalizeSubject } from "../index.js";
export type { DashboardOptions, PeerOptions } from "./dashboard/dashboard-options.js";
export { type HealthHandler, healthHandler } from "./health/handler.js";
export type { HealthOptions, ReadinessOptions } from "./health-options.js";
export type { MetricsRegister } from "./http/metrics-route.js";
export type { MetricsOptions, SubjectLabelOptions } from "./metrics/options.js";
export type { PrometheusRegister } from "./metrics/register.js";
export { type RegisteredMetrics, registerMetrics } from "./metrics/register-metrics.js";
export { type LogEntry, Observation, type Outage, type ServerFailures } from "./observation.js";
export { type Served, serve } from "./serve.js";
export type { ServeOptions } from "./serve-options.js";

// client/duration-histogram

declare class DurationHistogram {
    readonly bounds: readonly number[];
    readonly counts: number[];
    sum: number;
    count: number;
    add(ms: number): void;
}

// observe/dashboard/dashboard-options

interface PeerOptions {
    url: string;
    token?: string;
    name?: string;
}

interface DashboardOptions {
    name?: string;
    subjects?: boolean;
    peers?: readonly (string | PeerOptions)[];
}

// observe/describe-event

interface Told {
    readonly level: "info" | "warning" | "error";
    readonly text: string;
    readonly detail: string | undefined;
    readonly sum?: Sum;
}

interface Sum {
    readonly amount: number;
    readonly text: (amount: number) => string;
}

// observe/health-options

interface ReadinessOptions {
    mode?: "default" | "strict" | "consumer";
    grace?: number;
    buffer?: number;
}

interface HealthOptions {
    base?: string;
    readiness?: ReadinessOptions;
    liveness?: "process" | "connection";
    deadline?: number;
    maxAge?: number;
}

// observe/health/handler

type HealthHandler = (req: IncomingMessage, res: ServerResponse, next?: (error?: unknown) => void) => void;

declare function healthHandler(nc: Connection | readonly Connection[], options?: HealthOptions): HealthHandler;

// observe/http/metrics-route

interface MetricsRegister {
    readonly contentType: string;
    metrics(): Promise<string>;
}

// observe/metrics/options

interface SubjectLabelOptions {
    normalize?: (subject: string) => string;
    limit?: number;
}

interface MetricsOptions {
    register?: PrometheusRegister;
    prefix?: string;
    labels?: Readonly<Record<string, string>>;
    subjects?: boolean | SubjectLabelOptions;
}

// observe/metrics/register-metrics

interface RegisteredMetrics {
    stop(): void;
}

declare function registerMetrics(nc: Connection | readonly Connection[], options?: MetricsOptions): RegisteredMetrics;

// observe/metrics/register

interface PrometheusRegister extends MetricsRegister {
    registerMetric(metric: unknown): void;
    getSingleMetric(name: string): unknown;
    removeSingleMetric(name: string): void;
}

// observe/observation

interface Outage {
    readonly startedAt: number;
    readonly server: string;
    readonly cause: Cause;
    readonly unconfirmed: number;
    readonly abandoned: number;
    endedAt: number | undefined;
    duration: number | undefined;
    next: string | undefined;
    attempts: number;
    replayed: number;
    lost: number;
}

interface ServerFailures {
    failures: number;
    lastError: string;
    lastErrorAt: number;
}

interface ServerLinks {
    count: number;
    lastAt: number;
}

interface LogEntry extends Told {
    readonly id: number;
    readonly at: number;
    readonly event: EventName;
    times: number;
    lastAt: number;
    text: string;
    detail: string | undefined;
    sum?: Told["sum"];
}

type ObservationListener = (entry: LogEntry) => void;

declare class Observation {
    readonly connection: Connection;
    readonly since: number;
    disconnects: number;
    readonly attempts: {
        succeeded: number;
        failed: number;
    };
    readonly errors: Map<string, number>;
    readonly downtimes: DurationHistogram;
    moves: number;
    slowConsumers: number;
    current: Outage | undefined;
    static of(nc: Connection): Observation;
    constructor(nc: Connection, now?: () => number);
    get outages(): readonly Outage[];
    get log(): readonly LogEntry[];
    failuresOf(server: string): ServerFailures | undefined;
    linksTo(server: string): ServerLinks | undefined;
    get slowSubscriptions(): readonly HoldfastSubscription[];
    listen(listener: ObservationListener): () => void;
    noteDrops(): void;
}

// observe/serve-options

interface ServeOptions extends Omit<HealthOptions, "base"> {
    port?: number;
    host?: string;
    token?: string;
    allowedHosts?: readonly string[];
    metrics?: false | {
        register: MetricsRegister;
    };
    dashboard?: boolean | DashboardOptions;
}

// observe/serve

interface Served extends AsyncDisposable {
    readonly url: string;
    readonly port: number;
    close(): Promise<void>;
}

declare function serve(nc: Connection | readonly Connection[], options?: ServeOptions): Promise<Served>;
