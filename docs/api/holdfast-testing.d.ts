// What a program sees that imports "holdfast/testing". Made by `npm run docs`.
// What is in holdfast.d.ts as well stands only there.

export { type Account, type AccountOptions, Operator } from "./auth/operator.js";
export type { User, UserOptions } from "./auth/user.js";
export type { Permissions, SubjectPermissions } from "./broker/permissions.js";
export { CertificateAuthority, type CertificateAuthorityOptions, type IssuedCertificate, type IssueOptions, type Validity, } from "./certificates/authority.js";
export { NatsCluster, type NatsClusterOptions } from "./cluster.js";
export type { TestClusterOptions } from "./embedded/cluster-options.js";
export type { TestServerConnection, TestServerOptions, TestServerReload } from "./embedded/options.js";
export { startCluster } from "./embedded/start-cluster.js";
export { startServer } from "./embedded/start-server.js";
export { TestCluster } from "./embedded/test-cluster.js";
export { TestServer } from "./embedded/test-server.js";
export { FaultProxy, FaultProxyError, type FaultProxyErrorCode, type FaultProxyOptions, type FaultProxyStats, type LinkEnd, type ProxyLink, type Toxic, } from "./fault-proxy.js";
export { History } from "./history/history.js";
export { describeVerdict, type Verdict, wrongIn } from "./history/verdict.js";
export type * from "./proxy/toxics.js";
export { type ClientTls, NatsServer, NatsServerError, type NatsServerErrorCode, type NatsServerOptions, type NatsServerTls, type NatsServerWebsocket, } from "./server.js";

// testing/auth/operator

interface AccountOptions {
    expiresIn?: number;
    jetstream?: boolean;
}

declare class Account {
    readonly name: string;
    readonly publicKey: string;
    user(options?: UserOptions): User;
    revoke(user: User): void;
    renew(expiresIn?: number): void;
    get jwt(): string;
}

declare class Operator {
    readonly name: string;
    readonly jwt: string;
    constructor(name?: string);
    account(name: string, options?: AccountOptions): Account;
    get config(): string;
}

// testing/auth/user

interface UserOptions {
    name?: string;
    expiresIn?: number;
    permissions?: Permissions;
}

declare class User {
    readonly publicKey: string;
    readonly seed: Uint8Array;
    get jwt(): string;
    get creds(): string;
    renew(expiresIn?: number): void;
}

// testing/broker/permissions

interface SubjectPermissions {
    readonly allow?: readonly string[];
    readonly deny?: readonly string[];
}

interface Permissions {
    readonly publish?: SubjectPermissions;
    readonly subscribe?: SubjectPermissions;
}

// testing/certificates/authority

interface IssuedCertificate {
    readonly cert: string;
    readonly key: string;
    readonly certFile: string;
    readonly keyFile: string;
}

declare class CertificateAuthority {
    readonly cert: string;
    readonly certFile: string;
    static create(given?: CertificateAuthorityOptions): Promise<CertificateAuthority>;
    issue(given?: IssueOptions): Promise<IssuedCertificate>;
    close(): void;
    [Symbol.dispose](): void;
}

// testing/certificates/options

interface Validity {
    notBefore?: Date;
    notAfter?: Date;
}

interface CertificateAuthorityOptions extends Validity {
    commonName?: string;
}

interface IssueOptions extends Validity {
    hosts?: string[];
    commonName?: string;
    client?: boolean;
    passphrase?: string;
}

// testing/cluster

declare class NatsCluster {
    readonly servers: NatsServer[];
    static start(options?: NatsClusterOptions): Promise<NatsCluster>;
    get urls(): string[];
    get wsUrls(): string[];
    get tls(): ClientTls | undefined;
    get authority(): CertificateAuthority | undefined;
    settled(): Promise<void>;
    killAll(): Promise<void>;
    restartAll(): Promise<void>;
    close(): Promise<void>;
    [Symbol.asyncDispose](): Promise<void>;
}

// testing/embedded/cluster-options

interface TestClusterOptions extends Omit<TestServerOptions, "port" | "name"> {
    size?: number;
    name?: string;
}

// testing/embedded/options

interface TestServerOptions {
    host?: string;
    port?: number;
    name?: string;
    user?: string;
    pass?: string;
    token?: string;
    authTimeout?: number;
    permissions?: Permissions;
    headers?: boolean;
    maxPayload?: number;
    maxControlLine?: number;
    maxConnections?: number;
    maxSubscriptions?: number;
    maxPending?: number;
    pingInterval?: number;
    pingMax?: number;
    lameDuckGracePeriod?: number;
    lameDuckDuration?: number;
}

type TestServerReload = Omit<TestServerOptions, "host" | "port" | "name">;

interface TestServerConnection {
    readonly cid: number;
    readonly ip: string;
    readonly port: number;
    readonly name: string;
    readonly lang: string;
    readonly version: string;
    readonly subscriptions: readonly string[];
    readonly inMsgs: number;
    readonly inBytes: number;
    readonly outMsgs: number;
    readonly outBytes: number;
    readonly pendingBytes: number;
}

// testing/embedded/start-cluster

declare function startCluster(options?: TestClusterOptions): Promise<TestCluster>;

// testing/embedded/start-server

declare function startServer(options?: TestServerOptions): Promise<TestServer>;

// testing/embedded/test-cluster

declare class TestCluster {
    readonly servers: TestServer[];
    static start(options?: TestClusterOptions): Promise<TestCluster>;
    get urls(): string[];
    settled(): Promise<void>;
    killAll(): Promise<void>;
    restartAll(): Promise<void>;
    close(): Promise<void>;
    [Symbol.asyncDispose](): Promise<void>;
}

// testing/embedded/test-server

declare class TestServer {
    readonly name: string;
    readonly host: string;
    readonly port: number;
    readonly url: string;
    readonly hostport: string;
    static start(options?: TestServerOptions): Promise<TestServer>;
    get running(): boolean;
    get stopped(): boolean;
    get connections(): TestServerConnection[];
    kill(): Promise<void>;
    term(): Promise<void>;
    stop(): void;
    cont(): void;
    lameDuck(): void;
    reload(change?: TestServerReload): Promise<void>;
    restart(): Promise<void>;
    close(): Promise<void>;
    [Symbol.asyncDispose](): Promise<void>;
}

// testing/fault-proxy

interface FaultProxyStats {
    links: number;
    open: number;
    refused: number;
    bytesUp: number;
    bytesDown: number;
    injected: Record<string, number>;
}

declare class FaultProxy {
    readonly host: string;
    readonly port: number;
    readonly hostport: string;
    readonly url: string;
    readonly seed: number;
    static start(given: FaultProxyOptions): Promise<FaultProxy>;
    get target(): string;
    setTarget(target: string): void;
    get toxics(): Toxic[];
    toxic(name: string): Toxic | undefined;
    addToxic<T extends ToxicType>(options: {
        type: T;
    } & ToxicCommon & ToxicAttributes[T]): Toxic<T>;
    removeToxics(): void;
    get isUp(): boolean;
    down(): void;
    up(): Promise<void>;
    get links(): readonly ProxyLink[];
    reset(direction?: Direction): void;
    stats(): FaultProxyStats;
    close(): Promise<void>;
    [Symbol.asyncDispose](): Promise<void>;
}

// testing/history/history

declare class History {
    get size(): number;
    accepted(id: number): void;
    rejected(id: number): void;
    confirmed(id: number): void;
    reported(id: number, reason: string): void;
    found(id: number): void;
    arrivals(id: number): number;
    check({ pending }?: {
        pending?: boolean;
    }): Verdict;
}

// testing/history/verdict

interface Verdict {
    readonly accepted: number;
    readonly rejected: number;
    readonly acknowledged: number;
    readonly reported: number;
    readonly reasons: Readonly<Record<string, number>>;
    readonly found: number;
    readonly recovered: number;
    readonly foundThoughReported: number;
    readonly lost: readonly number[];
    readonly unknown: readonly number[];
    readonly duplicated: readonly number[];
    readonly copies: number;
    readonly unexpected: readonly number[];
    readonly contradictory: readonly number[];
    readonly reordered: number;
}

declare function wrongIn(verdict: Verdict): string | undefined;

declare function describeVerdict(verdict: Verdict): string;

// testing/launcher/error

type NatsServerErrorCode = "INVALID_OPTION" | "CANNOT_RUN" | "MISSING_PACKAGE" | "PORT_IN_USE" | "START_FAILED" | "RELOAD_FAILED" | "NOT_RUNNING" | "STUCK";

declare class NatsServerError extends Error {
    readonly code: NatsServerErrorCode;
    readonly option: string | undefined;
    constructor(code: NatsServerErrorCode, message: string, log?: string, option?: string);
}

// testing/launcher/options

interface NatsServerOptions {
    binary?: string;
    host?: string;
    port?: number;
    name?: string;
    user?: string;
    pass?: string;
    token?: string;
    cluster?: {
        name: string;
        port?: number;
        routes?: string[];
    };
    jetstream?: boolean;
    maxPending?: number;
    maxPayload?: number;
    tls?: boolean | NatsServerTls;
    websocket?: boolean | NatsServerWebsocket;
    config?: string;
    monitor?: boolean | number;
}

interface NatsClusterOptions extends Omit<NatsServerOptions, "port" | "name" | "cluster" | "monitor"> {
    size?: number;
    name?: string;
}

interface NatsServerTls {
    authority?: CertificateAuthority;
    hosts?: string[];
    certFile?: string;
    keyFile?: string;
    caFile?: string;
    verify?: boolean | "map";
    handshakeFirst?: boolean | "auto";
    required?: boolean;
    timeout?: number;
}

interface NatsServerWebsocket {
    port?: number;
    tls?: boolean;
    authority?: CertificateAuthority;
    compression?: boolean;
}

// testing/launcher/tls-material

interface ClientTls {
    readonly caFile?: string;
    readonly certFile?: string;
    readonly keyFile?: string;
    readonly handshakeFirst?: true;
}

// testing/proxy/error

type FaultProxyErrorCode = "INVALID_OPTION" | "INVALID_TOXIC" | "DUPLICATE_TOXIC" | "TOXIC_REMOVED" | "PORT_IN_USE" | "CLOSED";

interface Refused {
    option?: string;
    toxic?: string;
    cause?: unknown;
}

declare class FaultProxyError extends Error {
    readonly code: FaultProxyErrorCode;
    readonly option: string | undefined;
    readonly toxic: string | undefined;
    constructor(code: FaultProxyErrorCode, message: string, { option, toxic, cause }?: Refused);
}

// testing/proxy/link

interface LinkEnd {
    readonly by: "client" | "server" | "proxy";
    readonly how: End | "refused";
}

interface ProxyLink {
    readonly number: number;
    readonly bytesFromClient: number;
    readonly bytesFromServer: number;
    readonly bytesUp: number;
    readonly bytesDown: number;
    readonly openedAt: number;
    readonly closedAt: number | undefined;
    readonly ended: LinkEnd | undefined;
    reset(direction?: Direction): void;
    halfClose(direction?: Direction): void;
    close(): void;
}

// testing/proxy/options

interface FaultProxyOptions {
    target: string;
    host?: string;
    port?: number;
    seed?: number;
    nats?: boolean;
}

// testing/proxy/stage

type End = "fin" | "rst";

// testing/proxy/toxic

declare class Toxic<T extends ToxicType = ToxicType> {
    get name(): string;
    get type(): T;
    get stream(): ToxicStream;
    get toxicity(): number;
    get attributes(): ToxicInfo<T>["attributes"];
    get injected(): number;
    get removed(): boolean;
    update(change: ToxicUpdate<T>): this;
    remove(): void;
}

// testing/proxy/toxics

type Direction = "upstream" | "downstream";

declare const DIRECTIONS: readonly Direction[];

type ToxicStream = Direction | "both";

interface LatencyAttributes {
    latency: number;
    jitter?: number;
}

interface BandwidthAttributes {
    rate: number;
}

interface SlowCloseAttributes {
    delay: number;
}

interface TimeoutAttributes {
    timeout?: number;
}

interface ResetPeerAttributes {
    timeout?: number;
}

interface SlicerAttributes {
    averageSize: number;
    sizeVariation?: number;
    delay?: number;
}

interface LimitDataAttributes {
    bytes: number;
}

interface CorruptAttributes {
    probability?: number;
    every?: number;
}

interface InjectAttributes {
    line: string;
    at?: "next-frame-boundary";
    count?: number;
}

declare const VERBS: readonly ["INFO", "CONNECT", "PUB", "HPUB", "SUB", "UNSUB", "MSG", "HMSG", "PING", "PONG", "+OK", "-ERR"];

type Verb = (typeof VERBS)[number];

interface DropLineAttributes {
    verb: Verb;
    count?: number;
}

interface DelayPongAttributes {
    delay: number;
}

type InfoFields = Record<string, unknown>;

interface RewriteInfoAttributes {
    info: InfoFields | ((info: InfoFields) => InfoFields);
}

interface ToxicAttributes {
    latency: LatencyAttributes;
    bandwidth: BandwidthAttributes;
    slow_close: SlowCloseAttributes;
    timeout: TimeoutAttributes;
    reset_peer: ResetPeerAttributes;
    slicer: SlicerAttributes;
    limit_data: LimitDataAttributes;
    half_open: Record<never, never>;
    blackhole: Record<never, never>;
    freeze: Record<never, never>;
    corrupt: CorruptAttributes;
    inject: InjectAttributes;
    drop_line: DropLineAttributes;
    delay_pong: DelayPongAttributes;
    rewrite_info: RewriteInfoAttributes;
}

type ToxicType = keyof ToxicAttributes;

interface ToxicCommon {
    name?: string;
    stream?: ToxicStream;
    toxicity?: number;
}

type ToxicOptions<T extends ToxicType = ToxicType> = {
    [K in T]: ToxicCommon & {
        type: K;
    } & ToxicAttributes[K];
}[T];

type ToxicUpdate<T extends ToxicType = ToxicType> = {
    [K in T]: Partial<ToxicAttributes[K]> & {
        toxicity?: number;
    };
}[T];

interface ToxicInfo<T extends ToxicType = ToxicType> {
    readonly name: string;
    readonly type: T;
    readonly stream: ToxicStream;
    readonly toxicity: number;
    readonly attributes: Readonly<Required<ToxicAttributes[T]>>;
}

// testing/server

declare class NatsServer {
    readonly name: string;
    readonly host: string;
    readonly port: number;
    readonly url: string;
    readonly hostport: string;
    readonly clusterPort: number | undefined;
    readonly monitorPort: number | undefined;
    readonly wsUrl: string | undefined;
    static start(given?: NatsServerOptions): Promise<NatsServer>;
    get pid(): number | undefined;
    get running(): boolean;
    get stopped(): boolean;
    get tls(): ClientTls | undefined;
    get authority(): CertificateAuthority | undefined;
    kill(): Promise<void>;
    term(): Promise<void>;
    stop(): void;
    cont(): void;
    lameDuck(): void;
    reload(change?: Partial<Omit<NatsServerOptions, "binary" | "host" | "port" | "name" | "monitor" | "websocket">>): Promise<void>;
    restart(): Promise<void>;
    log(): string;
    close(): Promise<void>;
    [Symbol.asyncDispose](): Promise<void>;
}
