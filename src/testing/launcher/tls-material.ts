import { CertificateAuthority } from "../certificates/authority.js";
import type { CheckedServerOptions, NatsServerTls } from "./options.js";

/** What a client needs to speak TLS with a server: option `tls` of `connect()`, of nats.js as well. */
export interface ClientTls {
  /** The authority to trust, PEM. Undefined only for a server with a `certFile` from elsewhere and no `caFile`. */
  readonly caFile?: string;
  /** A client's certificate, PEM, where the server verifies clients and has an authority to issue one. */
  readonly certFile?: string;
  /** The private key for `certFile`, PEM. */
  readonly keyFile?: string;
  /** Set when the server wants the handshake first. */
  readonly handshakeFirst?: true;
}

/** The files of a server that does TLS. */
export interface TlsMaterial {
  readonly certFile: string;
  readonly keyFile: string;
  /** Whom clients' certificates must come from, where they are verified. */
  readonly caFile: string | undefined;
  /** Who issued them; undefined when nobody had to. */
  readonly authority: CertificateAuthority | undefined;
  readonly client: ClientTls;
}

/** The certificates of one server, through its reloads. */
export class Certificates {
  readonly #host: string;
  #own: CertificateAuthority | undefined;

  /** @param host the address that the server listens on */
  constructor(host: string) {
    this.#host = host;
  }

  /**
   * The files that a server needs with these options; undefined when none of its listeners does TLS. Certificates that it was
   * not given are issued, anew at every call. Rejects with a NatsServerError (`MISSING_PACKAGE`, or `NOT_RUNNING` for an authority
   * that was closed).
   *
   * @param before who has issued them so far, and goes on where the options name nobody
   */
  async provide(
    { tls, websocket }: CheckedServerOptions,
    before?: CertificateAuthority,
  ): Promise<TlsMaterial | undefined> {
    const needed = tls ?? (websocket?.tls ? { authority: websocket.authority } : undefined);
    return needed && this.#issue(needed, before);
  }

  /** Removes what it issued, unless the authority is somebody else's. */
  close(): void {
    this.#own?.close();
  }

  async #issue(tls: NatsServerTls, before: CertificateAuthority | undefined): Promise<TlsMaterial> {
    const { certFile, keyFile, caFile } = tls;
    const given = certFile !== undefined && keyFile !== undefined ? { certFile, keyFile } : undefined;
    const authority = tls.authority ?? (given ? undefined : (before ?? (await this.#ownAuthority())));
    const hosts = tls.hosts ?? [...new Set(["localhost", this.#host, "127.0.0.1", "::1"])];
    const pair = given ?? (await authority!.issue({ hosts }));
    const shown = tls.verify && caFile === undefined ? await authority!.issue({ client: true }) : undefined;
    const trusted = authority?.certFile ?? caFile;
    return {
      certFile: pair.certFile,
      keyFile: pair.keyFile,
      caFile: caFile ?? authority?.certFile,
      authority,
      client: {
        ...(trusted !== undefined && { caFile: trusted }),
        ...(shown && { certFile: shown.certFile, keyFile: shown.keyFile }),
        ...(tls.handshakeFirst === true && { handshakeFirst: true }),
      },
    };
  }

  async #ownAuthority(): Promise<CertificateAuthority> {
    this.#own ??= await CertificateAuthority.create();
    return this.#own;
  }
}
