import { execFileSync } from "node:child_process";
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { nkeys } from "@nats-io/nats-core";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { chooseServers } from "../../src/cli/connection-options.js";
import { connect } from "../../src/index.js";
import { Operator } from "../../src/testing/index.js";
import { NatsServer } from "../../src/testing/server.js";
import { rejection } from "../support/until.js";

let folder: string;
let variables: NodeJS.ProcessEnv;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "holdfast-contexts-"));
  mkdirSync(join(folder, "nats", "context"), { recursive: true });
  variables = { XDG_CONFIG_HOME: folder, HOME: folder };
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

const file = (name: string) => join(folder, "nats", "context", `${name}.json`);
const write = (name: string, fields: unknown) =>
  writeFileSync(file(name), typeof fields === "string" ? fields : JSON.stringify(fields));
const select = (name: string) => writeFileSync(join(folder, "nats", "context.txt"), `${name}\n`);
const refused = (context: string) => rejection(chooseServers({ context }, variables));

describe("which server a command is for", () => {
  it("is that of the context, then that of --server, the environment, the selected context, the default", async () => {
    write("prod", { url: "nats://a:1,nats://b:2", user: "u", password: "p4ss" });
    write("dev", { url: "dev:4222" });
    const env = { ...variables, NATS_URL: "nats://env:1" };
    expect(await chooseServers({}, variables)).toMatchObject({ options: {}, from: "the default" });
    // It may say as whom to go there, and nothing of where.
    const whom = { ...variables, NATS_USER: "u", NATS_PASS: "p4ss" };
    expect(await chooseServers({}, whom)).toMatchObject({
      options: { user: "u", pass: "p4ss" },
      from: "the environment",
    });
    select("dev");
    expect(await chooseServers({}, variables)).toMatchObject({
      options: { servers: ["dev:4222"] },
      from: 'selected context "dev"',
    });
    expect((await chooseServers({}, env)).from).toBe("the environment");
    expect((await chooseServers({}, whom)).from).toBe('selected context "dev"');
    // The selected context has credentials for its own servers, and for no others.
    expect((await chooseServers({ server: ["x:1"] }, env)).options).toEqual({ servers: ["x:1"] });
    const prod = await chooseServers({ context: "prod" }, env);
    expect(prod.options).toEqual({ servers: ["nats://a:1", "nats://b:2"], user: "u", pass: "p4ss" });
    const elsewhere = await chooseServers({ context: "prod", server: ["x:1"] }, env);
    expect(elsewhere.options).toEqual({ servers: ["x:1"], user: "u", pass: "p4ss" });
    expect((await chooseServers({ context: file("prod") }, variables)).options.user).toBe("u");
  });

  it("takes what a context says beside that", async () => {
    write("all", {
      token: "t",
      ca: "~/ca.pem",
      cert: "$HOME/c.pem",
      key: "/k.pem",
      tls_first: true,
      inbox_prefix: "_I",
      jetstream_domain: "hub",
      description: "x",
      color_scheme: "red",
      flavour: "new\u001b[31m",
    });
    // The files are not there: they are not looked at where a command has its own.
    const { options, jetstream, warnings } = await chooseServers(
      { context: "all", instead: { tls: {} } },
      variables,
    );
    expect(options).toEqual({
      token: "t",
      tls: {
        caFile: `${folder}/ca.pem`,
        certFile: `${folder}/c.pem`,
        keyFile: "/k.pem",
        handshakeFirst: true,
      },
      inboxPrefix: "_I",
    });
    expect(jetstream).toEqual({ domain: "hub" });
    expect(warnings).toEqual(['context "all": field "flavour" is unknown, and left out']);
  });

  it("says which of two ways to log in it takes", async () => {
    write("two", { user: "u", password: "p4ss", token: "s3cret" });
    const { options, warnings } = await chooseServers({ context: "two" }, variables);
    expect(options).toEqual({ user: "u", pass: "p4ss" });
    expect(warnings).toEqual(['"user" is taken of the context, and "token" left out']);
  });
});

describe("a context that cannot be used", () => {
  it("is told with those that there are", async () => {
    expect((await refused("prdo")).message).toMatch(/there is no context "prdo": .* has none/);
    write("prod", {});
    write("dev", {});
    expect((await refused("prdo")).message).toBe(
      'there is no context "prdo"; known are dev, prod; did you mean prod?',
    );
  });

  it("is told by its file, without a word of what is in it", async () => {
    write("broken", '{\n "user": "u",\n "password": p4ssw0rd\n}');
    const { message } = await refused("broken");
    expect(message).toBe(`context "broken": ${file("broken")} is no JSON`);
    write("list", [1]);
    expect((await refused("list")).message).toContain("is no JSON object");
    write("types", { url: 5 });
    expect((await refused("types")).message).toContain('field "url" must be text');
    write("huge", `{"url":"${"x".repeat(1024 * 1024)}"}`);
    expect((await refused("huge")).message).toContain("larger than 1 MiB");
    mkdirSync(file("folder"));
    expect((await refused("folder")).message).toContain("it is no file");
  });

  it("does not wait for what is no file", async () => {
    execFileSync("mkfifo", [file("pipe")]);
    expect((await refused("pipe")).message).toContain("it is no file");
  });

  it.each(["../dev", "a/b", "..", "a\\b"])("%s is no name", async (name) => {
    expect((await refused(name)).message).toContain("is no name of a context");
  });

  it.each([
    ["nsc", "nsc://o/a/u", "nsc generate creds"],
    ["socks_proxy", "socks5://127.0.0.1:1", "another way"],
    ["windows_cert_store", "user", "export the certificates"],
    ["creds", "op://vault/item", "must be the path of a file"],
    ["nkey", "/nowhere/n.nk", "cannot be read: ENOENT"],
    ["cert", "/c.pem", '"key" is missing'],
  ])("with %s is refused, since a connection without it would be another", async (field, value, text) => {
    write("x", { url: "a:1", [field]: value });
    const error = await refused("x");
    expect(error.message).toContain(text);
    expect(error.message).toContain(`"${field === "cert" ? "key" : field}"`);
  });

  it("may name nsc where nsc is not needed", async () => {
    writeFileSync(join(folder, "c.creds"), new Operator().account("a").user().creds);
    write("x", { url: "a:1", nsc: "nsc://o/a/u", creds: "~/c.creds" });
    expect((await chooseServers({ context: "x" }, variables)).options.servers).toEqual(["a:1"]);
  });
});

describe("a context leads to a real server", () => {
  it("with a user's creds, and with an nkey", async () => {
    const operator = new Operator();
    const user = operator.account("orders").user();
    writeFileSync(join(folder, "u.creds"), user.creds);
    await using server = await NatsServer.start({ config: operator.config });
    write("creds", { url: server.url, creds: "~/u.creds" });
    await using nc = await connect((await chooseServers({ context: "creds" }, variables)).options);
    await nc.flush();

    const pair = nkeys.createUser();
    writeFileSync(join(folder, "u.nk"), `# mine\n${Buffer.from(pair.getSeed())}\n`);
    await using second = await NatsServer.start({
      config: `authorization { users: [{ nkey: ${pair.getPublicKey()} }] }`,
    });
    write("nkey", { url: second.url, nkey: `$\{HOME}/u.nk` });
    await using other = await connect((await chooseServers({ context: "nkey" }, variables)).options);
    await other.flush();
  });
});
