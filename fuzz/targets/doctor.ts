import assert from "node:assert/strict";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import fc from "fast-check";
import { parseServers } from "../../src/client/settings.js";
import { describeReport, doctor } from "../../src/doctor/index.js";
import { ErrorCode } from "../../src/errors.js";
import { credsFileAuthenticator } from "../../src/index.js";
import { mutated } from "../mutations.js";
import { expectNoSecret, SECRET } from "../secret.js";
import { target } from "../target.js";

/** What doctor is asked to look at, what is in the file of credentials, and what a monitoring port answers. */
export interface DoctorInput {
  readonly servers: readonly string[];
  readonly timeout: number;
  /** One character is one byte; absent: no file is named. */
  readonly creds?: string;
  /** The same, of the answer to whatever is asked; absent: there is no monitoring port. */
  readonly answer?: string;
}

/** A port of this machine where nobody listens: what is refused at once. */
const NOBODY = "127.0.0.1:1";

/** Servers that could be reached are left out: nothing outside of this process is to be asked. */
function isAddress(text: string): boolean {
  try {
    return parseServers([text]).length > 0;
  } catch {
    return false;
  }
}

/** @param run what is under test: the product's, or a spoilt one of a test */
export async function checkDoctor(
  { servers, timeout, creds, answer }: DoctorInput,
  run = doctor,
): Promise<void> {
  const given = servers.map((text) => (isAddress(text) ? NOBODY : text));
  const folder = creds === undefined ? undefined : mkdtempSync(join(tmpdir(), "holdfast-fuzz-"));
  const monitor = answer === undefined ? undefined : await answering(Buffer.from(answer, "latin1"));
  try {
    const file = folder === undefined ? undefined : join(folder, "user.creds");
    if (file !== undefined) writeFileSync(file, Buffer.from(creds!, "latin1"));
    const connection = file === undefined ? undefined : { authenticator: credsFileAuthenticator(file) };
    const url = monitor === undefined ? undefined : `http://me:${SECRET}@127.0.0.1:${portOf(monitor)}`;
    const report = await run([...given, NOBODY], { timeout, connection, monitor: url });
    assert.equal(report.verdict, "broken");
    assert.equal(JSON.parse(JSON.stringify(report)).summary, report.summary);
    expectNoSecret(report, "the report");
    const text = describeReport(report, { verbose: true });
    assert.match(text, /^[^\p{Cc}]*(?:\n[^\p{Cc}]*)*$/u, "the text would be obeyed by a terminal");
    expectNoSecret(text, "the text");
  } catch (error) {
    const { code, message } = error as Error & { code?: string };
    // What was asked is wrong: said at once, without what may be a secret.
    if (code !== "INVALID_ARGUMENT" && code !== "INVALID_OPTION") throw error;
    assert(Object.hasOwn(ErrorCode, code) && message.length > 0);
    expectNoSecret(error, "the error");
  } finally {
    if (folder !== undefined) rmSync(folder, { recursive: true });
    monitor?.close();
    monitor?.closeAllConnections();
  }
}

async function answering(body: Buffer): Promise<Server> {
  const server = createServer((_, response) => response.end(body));
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  return server;
}

const portOf = (server: Server): number => (server.address() as AddressInfo).port;

const CREDS = `-----BEGIN NATS USER JWT-----\n${SECRET}\n------END NATS USER JWT------\n\n-----BEGIN USER NKEY SEED-----\nSU${SECRET}\n------END USER NKEY SEED------\n`;

export const doctorTarget = target<DoctorInput>({
  name: "doctor",
  about:
    "any servers, any file of credentials, any answer of a monitoring port: a report, harmless on a terminal, and no credentials in it",
  testRuns: 60,
  inputs: (known) => {
    const files = [CREDS, ...known.flatMap(({ creds }) => (creds === undefined ? [] : [creds]))];
    const answers = ["{}", ...known.flatMap(({ answer }) => (answer === undefined ? [] : [answer]))];
    const server = fc.oneof(
      fc.constantFrom(
        "",
        ",",
        "h:0",
        `nats://me:${SECRET}@h:0`,
        `:${SECRET}@`,
        "ws://h",
        NOBODY,
        `me:${SECRET}@${NOBODY}`,
      ),
      fc.string(),
    );
    return fc.record(
      {
        servers: fc.oneof({ weight: 3, arbitrary: fc.constant([]) }, fc.array(server, { maxLength: 2 })),
        timeout: fc.constantFrom(1, 5, 200),
        creds: mutated(files, ["-----BEGIN NATS USER JWT-----", "------END", "\n", "\r\n", "SU", SECRET]),
        answer: mutated(answers, [
          '"',
          "{",
          "}",
          "[]",
          "null",
          "-1",
          "1e308",
          '"__proto__":',
          "\\u001b",
          "\\u0000",
          "1h2m",
        ]),
      },
      { requiredKeys: ["servers", "timeout"] },
    );
  },
  check: (input) => checkDoctor(input),
});
