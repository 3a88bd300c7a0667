import type * as Official from "@nats-io/services";
import type { Connection, Msg, Payload, PublishOptions } from "../index.js";
import { asNatsError } from "./errors.js";
import type { QueuedIterator } from "./iterators.js";
import { load } from "./load.js";
import type { NatsError } from "./nats-error.js";
import { type RequestManyOptions, toOfficialRequestMany } from "./requests.js";
import { adapt, adaptIterable, rethrow } from "./translate.js";

/** Header of an answer that is an error: its text. */
export const ServiceErrorHeader = "Nats-Service-Error";
/** Header of an answer that is an error: its code. */
export const ServiceErrorCodeHeader = "Nats-Service-Error-Code";

/** The error that a service answers with. */
export class ServiceError extends Error {
  /** The service's code: of its header `Nats-Service-Error-Code`, 400 when that is no number. */
  readonly code: number;

  constructor(code: number, message: string) {
    super(message);
    this.name = "ServiceError";
    this.code = code;
  }

  /** Whether an answer is an error of the service. */
  static isServiceError(msg: Msg): boolean {
    return ServiceError.toServiceError(msg) !== null;
  }

  /** The error that an answer is; null when it is none. */
  static toServiceError(msg: Msg): ServiceError | null {
    const code = msg.headers?.get(ServiceErrorCodeHeader) ?? "";
    if (code === "") return null;
    const text = msg.headers?.get(ServiceErrorHeader) ?? "";
    return new ServiceError(Number.parseInt(code, 10) || 400, text === "" ? code : text);
  }
}

/** A request to a service. */
export interface ServiceMsg extends Msg {
  /** Answers with an error: {@link ServiceError.toServiceError} reads it. */
  respondError(code: number, description: string, data?: Payload, options?: PublishOptions): boolean;
}

/** Handles the requests of an endpoint. */
export type ServiceHandler = (err: NatsError | null, msg: ServiceMsg) => void;

/** An endpoint: its subject (default: its name), `handler`, queue group and metadata. */
export type EndpointOptions = Partial<Omit<Official.Endpoint, "handler"> & { handler: ServiceHandler }>;

/** A group of endpoints with a common prefix. */
export interface ServiceGroup {
  /** Adds an endpoint; without a handler its requests are read from what this returns. */
  addEndpoint(name: string, options?: ServiceHandler | EndpointOptions): QueuedIterator<ServiceMsg>;
  /** Adds a group; `subject` is its prefix behind this one's, `queue` the queue group of its endpoints. */
  addGroup(subject?: string, queue?: string): ServiceGroup;
}

/** A service that runs. */
export type Service = Omit<Official.Service, keyof ServiceGroup> & ServiceGroup;

/** `nc.services` */
export class ServicesApi {
  private readonly nc: Connection;

  constructor(nc: Connection) {
    this.nc = nc;
  }

  /** Starts a service. Rejects with a `NatsError` with code `PACKAGE_MISSING` that names the package. */
  async add(config: Official.ServiceConfig): Promise<Service> {
    const service = await this.official("nc.services.add()").add(config).catch(rethrow);
    return withEndpoints(service);
  }

  /** Asks services for their state. @throws NatsError `PACKAGE_MISSING` */
  client(options?: Partial<RequestManyOptions>, prefix?: string): Official.ServiceClient {
    const asked = options === undefined ? undefined : (toOfficialRequestMany(options) as never);
    const client = this.official("nc.services.client()").client(asked, prefix);
    const official = adapt(client, {});
    return adapt(client, {
      ping: async (name?: string, id?: string) => adaptIterable(await official.ping(name, id), {}),
      stats: async (name?: string, id?: string) => adaptIterable(await official.stats(name, id), {}),
      info: async (name?: string, id?: string) => adaptIterable(await official.info(name, id), {}),
    });
  }

  private official(call: string): Official.Svcm {
    const { Svcm } = load("@nats-io/services", call);
    // The package brings an older nats-core along, whose types are other ones: what it calls is there.
    return new Svcm(this.nc as never);
  }
}

function withEndpoints<G extends Official.ServiceGroup>(
  group: G,
): Omit<G, keyof ServiceGroup> & ServiceGroup {
  const official = adapt(group as Official.ServiceGroup, {});
  return adapt<G, ServiceGroup>(group, {
    addEndpoint: (name: string, options?: ServiceHandler | EndpointOptions) =>
      adaptIterable(
        official.addEndpoint(name, toOfficial(options)) as unknown as QueuedIterator<ServiceMsg>,
        {},
      ),
    addGroup: (subject?: string, queue?: string) => withEndpoints(official.addGroup(subject, queue)),
  });
}

function toOfficial(options?: ServiceHandler | EndpointOptions) {
  if (typeof options === "function") return handling(options);
  if (options?.handler === undefined) return options as Official.EndpointOptions | undefined;
  return { ...options, handler: handling(options.handler) };
}

function handling(handler: ServiceHandler): Official.ServiceHandler {
  return (error, msg) => handler(error === null ? null : asNatsError(error), msg as unknown as ServiceMsg);
}
