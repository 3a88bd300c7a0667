import { expect, it } from "vitest";
import { FakeServer, infoLine } from "../support/fake-server.js";
import { look } from "./support/look.js";

/** What a terminal obeys, of both sets, and what turns the direction of writing. */
const EVIL = "\u001b[2J\u009b31m\u202e\u2066";

it("the errors of steps are harmless on a terminal [X2]", async () => {
  await using server = await FakeServer.start((link) => {
    link.send(infoLine());
    link.socket.once("data", () => link.socket.end(`-ERR 'Weird ${EVIL}'\r\n`));
  });
  const report = await look(server.url, { timeout: 1000 });
  const { error } = report.steps.at(-1)!;
  expect(error?.message).toContain("Weird");
  for (const text of [error!.message, JSON.stringify(report.cause)])
    expect(text).not.toMatch(/[\p{Cc}\p{Cf}]/u);
});

it("what an authenticator has thrown is no part of the report [X2]", async () => {
  await using server = await FakeServer.start((link) => link.send(infoLine({ auth_required: true })));
  const authenticator = () => {
    throw new Error("the vault said s3cret");
  };
  const { steps } = await look(server.url, { timeout: 1000, authenticator }, ["s3cret"]);
  const { error } = steps.at(-1)!;
  expect(error).toMatchObject({ code: "AUTHENTICATOR_FAILED" });
  expect(error?.cause).toBeUndefined();
});
