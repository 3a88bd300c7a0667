import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { tokenAuthenticator } from "@nats-io/nats-core";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { chooseServers, type ServerChoice } from "../../src/cli/connection-options.js";
import { choose } from "../../src/cli/doctor/choose.js";
import { WrongUse } from "../../src/cli/outbox/ended.js";
import { Operator } from "../../src/testing/index.js";
import { rejection } from "../support/until.js";

let folder: string;
let variables: NodeJS.ProcessEnv;
let plain: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "holdfast-contexts-"));
  mkdirSync(join(folder, "nats", "context"), { recursive: true });
  variables = { XDG_CONFIG_HOME: folder, HOME: folder };
  plain = join(folder, "plain.txt");
  writeFileSync(plain, "s3cret");
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

function write(fields: object): string {
  const file = join(folder, "nats", "context", "prod.json");
  writeFileSync(file, JSON.stringify({ url: "nats://127.0.0.1:1", ...fields }));
  return file;
}

const ask = (choice: ServerChoice = {}) => chooseServers({ context: "prod", ...choice }, variables);

describe("what connect() would refuse of a context", () => {
  it.each<[string, object, RegExp]>([
    ["creds", { creds: "~/none.creds" }, /^: creds file .*none\.creds cannot be read \(ENOENT\)$/],
    ["creds", { creds: "~/plain.txt" }, /^: .*plain\.txt is no creds file/],
    ["ca", { ca: "~/none.pem" }, / names a file that cannot be read: .*none\.pem \(ENOENT\)$/],
    ["ca", { ca: "~/plain.txt" }, / has no certificate/],
    ["cert", { cert: "~/none.pem", key: "~/plain.txt" }, / names a file that cannot be read: .*none\.pem/],
    ["inbox_prefix", { inbox_prefix: "a b" }, / must be a subject/],
    ["url", { url: "nats://u:s3cret@h:x" }, /^: .*the port must be a number/],
  ])("is told by its name and the field %s of %o", async (field, fields, says) => {
    const file = write(fields);
    const begin = `context "prod" (${file}): field "${field}"`;
    for (const tell of [ask, chosenByDoctor]) {
      const error = await rejection(tell());
      expect(error).toBeInstanceOf(WrongUse);
      expect(error.message.slice(0, begin.length)).toBe(begin);
      expect(error.message.slice(begin.length)).toMatch(says);
      expect(error.message).not.toMatch(/option|s3cret/);
    }
  });

  it("is nothing that is replaced", async () => {
    write({ url: "nats://h:x" });
    expect((await ask({ server: ["h:1"] })).options.servers).toEqual(["h:1"]);
    write({ creds: "/none.creds", ca: "/none.pem" });
    const authenticator = tokenAuthenticator("t");
    await ask({ instead: { authenticator, tls: {} } });
    expect((await rejection(ask({ instead: { authenticator } }))).message).toContain('field "ca"');
    expect((await rejection(ask({ instead: { tls: {} } }))).message).toContain('field "creds"');
    await chosenByDoctor({ tlsCa: "/other.pem", creds: credsFile() });
  });
});

async function chosenByDoctor(more: object = {}): Promise<unknown> {
  const { XDG_CONFIG_HOME, HOME } = process.env;
  Object.assign(process.env, variables);
  try {
    return await choose([], { context: "prod", ...more });
  } finally {
    Object.assign(process.env, { XDG_CONFIG_HOME, HOME });
    if (XDG_CONFIG_HOME === undefined) delete process.env.XDG_CONFIG_HOME;
  }
}

function credsFile(): string {
  const file = join(folder, "user.creds");
  writeFileSync(file, new Operator().account("a").user().creds);
  return file;
}
