import assert from "node:assert/strict";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import fc from "fast-check";
import { check, describeReport } from "../../src/cli/check.js";
import { parseServers } from "../../src/client/settings.js";
import { ErrorCode } from "../../src/errors.js";
import { mutated } from "../mutations.js";
import { expectNoSecret, SECRET } from "../secret.js";
import { target } from "../target.js";

/** Arguments of `holdfast check`, and what is in the file of `--creds`. */
export interface CheckCommandInput {
  readonly servers: readonly string[];
  readonly timeout: number;
  /** One character is one byte; absent: no file is named. */
  readonly creds?: string;
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

/** @param run the command under test: the product's, or a spoilt one of a test */
export async function checkCommand(
  { servers, timeout, creds }: CheckCommandInput,
  run = check,
): Promise<void> {
  const given = servers.map((text) => (isAddress(text) ? NOBODY : text));
  const folder = creds === undefined ? undefined : mkdtempSync(join(tmpdir(), "holdfast-fuzz-"));
  try {
    const file = folder === undefined ? undefined : join(folder, "user.creds");
    if (file !== undefined) writeFileSync(file, Buffer.from(creds!, "latin1"));
    const report = await run([...given, NOBODY], { timeout, creds: file });
    assert.equal(report.ok, false);
    const { code, message } = report.error!;
    assert(Object.hasOwn(ErrorCode, code) || code === "ERROR" || /^E[A-Z]+$/.test(code), `code ${code}`);
    assert(message.length > 0);
    expectNoSecret(report, "the report");
    expectNoSecret(describeReport(report), "the text");
  } finally {
    if (folder !== undefined) rmSync(folder, { recursive: true });
  }
}

const CREDS = `-----BEGIN NATS USER JWT-----\n${SECRET}\n------END NATS USER JWT------\n\n-----BEGIN USER NKEY SEED-----\nSU${SECRET}\n------END USER NKEY SEED------\n`;

export const checkCommandTarget = target<CheckCommandInput>({
  name: "check-command",
  about: "any arguments of `holdfast check`, any file of credentials: a report, and no credentials in it",
  testRuns: 60,
  inputs: (known) => {
    const files = [CREDS, ...known.flatMap(({ creds }) => (creds === undefined ? [] : [creds]))];
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
        servers: fc.array(server, { maxLength: 2 }),
        timeout: fc.constantFrom(1, 5, 200),
        creds: mutated(files, ["-----BEGIN NATS USER JWT-----", "------END", "\n", "\r\n", "SU", SECRET]),
      },
      { requiredKeys: ["servers", "timeout"] },
    );
  },
  check: (input) => checkCommand(input),
});
