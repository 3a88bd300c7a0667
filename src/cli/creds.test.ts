import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, it } from "vitest";
import { rejection } from "../../test/support/until.js";
import { nkeys } from "../interop/nats-core.js";
import { User } from "../testing/auth/user.js";
import { readCreds } from "./creds.js";

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "holdfast-creds-"));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

it("with a JWT and its seed are what a server is answered with", async () => {
  const user = new User(nkeys.createAccount(), {});
  const file = join(folder, "a.creds");
  writeFileSync(file, user.creds);
  expect((await readCreds(file))("nonce")).toMatchObject({ jwt: user.jwt, sig: expect.any(String) });
});

it("that are not there, or are none, are an error that names the option and the file, and no secret", async () => {
  const file = join(folder, "a.creds");
  expect((await rejection(readCreds(file))).message).toBe(`--creds ${file}: there is no such file (ENOENT)`);
  expect((await rejection(readCreds(folder))).message).toBe(`--creds ${folder}: it cannot be read (EISDIR)`);
  writeFileSync(file, "SUASECRET");
  expect((await rejection(readCreds(file))).message).toBe(`--creds ${file}: it has no JWT with a seed`);
});
