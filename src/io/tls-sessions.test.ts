import { EventEmitter } from "node:events";
import type { TLSSocket } from "node:tls";
import { inspect } from "node:util";
import { describe, expect, it } from "vitest";
import { TlsSessions, tlsIdentity } from "./tls-sessions.js";

const DAY = 24 * 60 * 60_000;

/** A TLS socket whose other side the test plays. */
class Handshake extends EventEmitter {
  authorized = true;
  reused = false;
  protocol = "TLSv1.3";
  expires = new Date(100 * DAY);
  readonly offered: Buffer | undefined;

  constructor(offered: Buffer | undefined) {
    super();
    this.offered = offered;
  }
  isSessionReused() {
    return this.reused;
  }
  getProtocol() {
    return this.protocol;
  }
  getPeerCertificate() {
    return { valid_to: this.expires.toUTCString() };
  }
  /** It stands; the server hands out a session. */
  stand(session?: string, change: Partial<Handshake> = {}): this {
    Object.assign(this, change);
    this.emit("secureConnect");
    if (session !== undefined) this.emit("session", Buffer.from(session));
    return this;
  }
}

function world() {
  let now = 0;
  const sessions = new TlsSessions(() => now);
  const open = (key = "k") =>
    sessions.resume(key, (session) => new Handshake(session) as unknown as TLSSocket) as unknown as Handshake;
  return {
    sessions,
    open,
    /** The session that is offered next. */
    next: (key = "k") => open(key).offered?.toString(),
    pass: (ms: number) => {
      now += ms;
    },
  };
}

describe("a session", () => {
  it("is offered once, for its own key", () => {
    const { open, next } = world();
    open().stand("one");
    expect(next("other")).toBeUndefined();
    expect(next()).toBe("one");
    expect(next()).toBeUndefined();
  });

  it("gives way to the one that is handed out last, and to that of a resumed handshake", () => {
    const { open, next } = world();
    const first = open().stand("one");
    first.emit("session", Buffer.from("two"));
    open().stand("three", { reused: true });
    expect(next()).toBe("three");
  });

  it("may be resumed again with TLS 1.2, where the server hands out none", () => {
    const { open, next } = world();
    open().stand("one", { protocol: "TLSv1.2" });
    open().stand(undefined, { reused: true, protocol: "TLSv1.2" });
    expect(next()).toBe("one");
    open().stand("one");
    open().stand(undefined, { reused: true });
    expect(next()).toBeUndefined();
  });

  it("that comes before the handshake has ended is kept when it stands, and only then", () => {
    const { open, next } = world();
    const handshake = open();
    handshake.emit("session", Buffer.from("early"));
    expect(next()).toBeUndefined();
    handshake.stand();
    expect(next()).toBe("early");
  });

  it("of a server that was not verified is not kept", () => {
    const { open, next } = world();
    open().stand("one", { authorized: false });
    expect(next()).toBeUndefined();
  });

  it("is kept for a day since the server was verified, however often it was resumed, and no longer than its certificate", () => {
    const { open, next, pass } = world();
    open().stand("one");
    pass(DAY / 2);
    open().stand("two", { reused: true });
    pass(DAY / 2 - 1);
    open().stand("three", { reused: true });
    pass(1);
    expect(next()).toBeUndefined();
    open().stand("one", { expires: new Date(DAY + 60_000) });
    pass(60_000);
    expect(next()).toBeUndefined();
  });

  it("is one of 64", () => {
    const { sessions, open, next } = world();
    for (let i = 0; i < 100; i++) open(`k${i}`).stand("s");
    expect(sessions.size).toBe(64);
    expect([next("k35"), next("k36")]).toEqual([undefined, "s"]);
  });

  it("is not seen by who looks", () => {
    const { sessions, open } = world();
    open().stand("SECRET");
    const shown = inspect(sessions, { showHidden: true, depth: 9 }) + JSON.stringify(sessions);
    expect(shown).not.toMatch(/SECRET|53 45 43/);
  });
});

describe("what a session depends on", () => {
  const base = { ca: [Buffer.from("ca")], cert: Buffer.from("cert"), key: Buffer.from("key") };

  it.each<[string, object]>([
    ["authorities", { ca: [Buffer.from("ca"), Buffer.from("other")] }],
    ["authorities, cut otherwise", { ca: [Buffer.from("c"), Buffer.from("a")] }],
    ["the certificate", { cert: Buffer.from("another") }],
    ["the key", { key: Buffer.from("another") }],
    ["whether servers are verified", { rejectUnauthorized: false }],
    ["the name", { servername: "other" }],
    ["versions", { maxVersion: "TLSv1.2" }],
    ["ciphers", { ciphers: "AES128-SHA" }],
  ])("is %s", (_, change) => {
    expect(tlsIdentity({ ...base, ...change })).not.toBe(tlsIdentity(base));
  });

  it("is the same for the same, and does not show it", () => {
    expect(tlsIdentity({ ...base, key: Buffer.from("key") })).toBe(tlsIdentity(base));
    expect(tlsIdentity(base)).not.toContain("key");
  });

  it("is nothing that can be known where the application judges", () => {
    expect(tlsIdentity({ checkServerIdentity: () => undefined })).toBeUndefined();
  });
});
