import type { ConnectionOptions } from "../../src/index.js";
import { CertificateAuthority } from "../../src/testing/certificates/authority.js";
import { FaultProxy } from "../../src/testing/fault-proxy.js";
import { NatsServer, type NatsServerOptions } from "../../src/testing/server.js";
import { Client } from "./client.js";
import { DistantClient } from "./distant-client.js";
import type { Task } from "./distant-protocol.js";
import { FullBacklog } from "./full-backlog.js";
import { type LoadBalancing, loadBalancer } from "./load-balancer.js";
import { Peer, type PeerLink } from "./peer.js";

/** What is left to chance is the same in every run. */
const SEED = 1;

/** Where a scenario is played: everything that it starts, which ends with it. */
export class Stage implements AsyncDisposable {
  readonly #closers: (() => unknown)[] = [];
  #closing: Promise<void> | undefined;

  /** A real nats-server. */
  server(options: NatsServerOptions = {}): Promise<NatsServer> {
    return this.#starts(NatsServer.start(options), (server) => server.close());
  }

  /** A proxy on the way to a server. */
  proxy({ hostport }: { readonly hostport: string }): Promise<FaultProxy> {
    return this.#starts(FaultProxy.start({ target: hostport, seed: SEED }), (proxy) => proxy.close());
  }

  /** Somebody at a port who behaves like this. */
  peer(behave: (link: PeerLink) => void): Promise<Peer> {
    return this.#starts(Peer.start(behave), (peer) => peer[Symbol.asyncDispose]());
  }

  /** Somebody in the way who ends links by rules of its own. */
  loadBalancer(balancing: LoadBalancing): Promise<Peer> {
    return this.#starts(loadBalancer(balancing), (peer) => peer[Symbol.asyncDispose]());
  }

  /** An address that swallows SYNs. */
  fullBacklog(): Promise<FullBacklog> {
    return this.#starts(FullBacklog.start(), (backlog) => backlog[Symbol.dispose]());
  }

  /** Issues certificates. */
  authority(): Promise<CertificateAuthority> {
    return this.#starts(CertificateAuthority.create(), (authority) => authority.close());
  }

  /** A client whose link stands. */
  client(options: ConnectionOptions): Promise<Client> {
    return this.#starts(Client.connected(options), (client) => client.close());
  }

  /** A client that cannot connect. */
  refused(options: ConnectionOptions): Promise<Client> {
    return this.#starts(Client.refused(options), (client) => client.close());
  }

  /** A client in a process of its own. */
  distant(task: Task): DistantClient {
    const client = DistantClient.start(task);
    this.#closers.push(() => client[Symbol.dispose]());
    return client;
  }

  /** Has this undone at the end. */
  defer(close: () => unknown): void {
    this.#closers.push(close);
  }

  /** Ends everything that was started, the newest first; a second call waits for the first. Rejects with the first error when all is done. */
  [Symbol.asyncDispose](): Promise<void> {
    this.#closing ??= this.#close();
    return this.#closing;
  }

  async #starts<T>(starting: Promise<T>, close: (it: T) => unknown): Promise<T> {
    const it = await starting;
    // The end has come meanwhile: nobody would look for it any more.
    if (this.#closing !== undefined) await close(it);
    else this.#closers.push(() => close(it));
    return it;
  }

  async #close(): Promise<void> {
    const errors: unknown[] = [];
    for (const close of this.#closers.splice(0).reverse()) {
      try {
        await close();
      } catch (error) {
        errors.push(error);
      }
    }
    if (errors.length > 0) throw errors[0];
  }
}
