// What a program sees that imports "holdfast/doctor". Made by `npm run docs`.
// What is in holdfast.d.ts as well stands only there.

export { type DescribeReportOptions, describeReport } from "./describe.js";
export { doctor } from "./doctor.js";
export type { DoctorOptions, DoctorProgress } from "./options.js";
export type { DoctorFinding, DoctorMonitor, DoctorProbe, DoctorReport, DoctorServer, DoctorVerdict, EndedConnections, MonitorAnswer, MonitorEndpoint, SeenConnection, SeenJetStream, SeenServer, } from "./report.js";

// doctor/describe

interface DescribeReportOptions {
    colors?: boolean;
    width?: number;
    verbose?: boolean;
}

declare function describeReport(report: DoctorReport, options?: DescribeReportOptions): string;

// doctor/doctor

declare function doctor(servers?: string | string[], options?: DoctorOptions): Promise<DoctorReport>;

// doctor/options

interface DoctorProgress {
    text: string;
    done: number;
    total: number;
}

interface DoctorOptions {
    connection?: ConnectionOptions;
    monitor?: string | string[];
    probes?: number;
    payload?: number;
    jetstream?: boolean | {
        domain?: string;
    };
    gossip?: boolean;
    timeout?: number;
    deadline?: number;
    signal?: AbortSignal;
    onProgress?: (progress: DoctorProgress) => void;
}

// doctor/report

type DoctorVerdict = "healthy" | "warnings" | "broken";

interface DoctorFinding extends Finding {
    servers: string[];
    evidence: string[];
}

interface DoctorProbe extends Omit<ProbeReport, "steps"> {
    steps: (Omit<ProbeStep, "error"> & {
        error?: {
            code: string;
            message: string;
        };
    })[];
}

interface DoctorServer {
    server: string;
    origin: "given" | "gossip";
    from?: string;
    ok: boolean;
    name?: string;
    id?: string;
    version?: string;
    cluster?: string;
    probe: DoctorProbe;
}

type MonitorEndpoint = "varz" | "connz" | "connz?state=closed" | "healthz" | "jsz" | "routez";

interface MonitorAnswer {
    endpoint: MonitorEndpoint;
    ok: boolean;
    ms: number;
    status?: number;
    detail: string;
}

interface EndedConnections {
    reason: string;
    count: number;
    last?: number;
    names: string[];
}

interface SeenConnection {
    cid: number;
    name?: string;
    pending: number;
    rtt?: number;
}

interface SeenJetStream {
    enabled: boolean;
    memory?: number;
    storage?: number;
    maxMemory?: number;
    maxStorage?: number;
    streams?: number;
    consumers?: number;
    api?: {
        total: number;
        errors: number;
    };
    meta?: {
        leader: string;
        size: number;
        peers: {
            name: string;
            current: boolean;
            offline: boolean;
            lag?: number;
        }[];
    };
}

interface SeenServer {
    id?: string;
    name?: string;
    version?: string;
    cluster?: string;
    port?: number;
    skew?: number;
    start?: number;
    uptime?: number;
    cpu?: number;
    cores?: number;
    memory?: number;
    connections?: number;
    maxConnections?: number;
    subscriptions?: number;
    slowConsumers?: {
        total: number;
        clients?: number;
        routes?: number;
        gateways?: number;
        leafs?: number;
    };
    staleConnections?: number;
    writeDeadline?: number;
    pingInterval?: number;
    maxPayload?: number;
    maxPending?: number;
    health?: {
        ok: boolean;
        text: string;
    };
    jetstream?: SeenJetStream;
    routes?: {
        id: string;
        name?: string;
        rtt?: number;
    }[];
    ended?: EndedConnections[];
    slow?: SeenConnection[];
    own?: SeenConnection[];
    ownEnded?: EndedConnections[];
}

interface DoctorMonitor {
    url: string;
    ok: boolean;
    answers: MonitorAnswer[];
    server: SeenServer;
}

interface DoctorReport {
    verdict: DoctorVerdict;
    summary: string;
    findings: DoctorFinding[];
    servers: DoctorServer[];
    monitors: DoctorMonitor[];
    at: number;
    ms: number;
    aborted?: true;
}
