/**
 * What pieces of code on the pages take for granted, so that each needs no lines of its own for it. A piece that declares a name itself has its
 * own; one that needs another type says so in a comment above it: `<!-- given: app: import("fastify").FastifyInstance -->`.
 */
export const VALUES = `
import type { Connection, LostMessage } from "holdfast";
import type { RequestPolicy } from "holdfast/service";

declare global {
  const nc: Connection;
  const servers: string[];
  /** Of any framework: those have tests of their own. */
  const app: { use(...what: any[]): void; get(path: string, handler: (...what: any[]) => void): void; fetch: any };
  const gauge: { set(value: number): void };
  const rows: string[];
  const order: string;
  const price: string;
  const user: { id: string };
  const billing: RequestPolicy;
  function bill(order: unknown): Promise<void>;
  function save(messages: readonly LostMessage[]): void;
  function refresh(what: object): void;
  function log(...what: unknown[]): void;
  function token(): string;
  function show(error: Error | null, msg: import("holdfast").Msg): void;
}
`;

/** What a piece that imports nothing of Holdfast uses of it, and of what is around it, as if the imports stood above it. */
export const FUNCTIONS = `
import type { register as promRegister } from "prom-client";

declare global {
  const connect: typeof import("holdfast").connect;
  const credsFileAuthenticator: typeof import("holdfast").credsFileAuthenticator;
  const optionsFromEnv: typeof import("holdfast").optionsFromEnv;
  const isHoldfastError: typeof import("holdfast").isHoldfastError;
  const handle: typeof import("holdfast/service").handle;
  const request: typeof import("holdfast/service").request;
  const policy: typeof import("holdfast/service").policy;
  const consume: typeof import("holdfast/service").consume;
  const ensureStream: typeof import("holdfast/service").ensureStream;
  const ensureConsumer: typeof import("holdfast/service").ensureConsumer;
  const gracefulShutdown: typeof import("holdfast/service").gracefulShutdown;
  const UnrecoverableError: typeof import("holdfast/service").UnrecoverableError;
  const serve: typeof import("holdfast/observe").serve;
  const healthHandler: typeof import("holdfast/observe").healthHandler;
  const registerMetrics: typeof import("holdfast/observe").registerMetrics;
  const instrument: typeof import("holdfast/observe/otel").instrument;
  const register: typeof promRegister;
  const createServer: typeof import("node:http").createServer;
  const getRequestListener: typeof import("@hono/node-server").getRequestListener;
}
`;
