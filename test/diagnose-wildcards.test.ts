import { expect, it } from "vitest";
import { connect } from "../src/index.js";
import { NatsServer } from "../src/testing/server.js";

it("diagnose() finds what was published to a wildcard, which a server takes literally [X3]", async () => {
  await using server = await NatsServer.start();
  await using nc = await connect({ servers: server.url, name: "a" });
  const got: string[] = [];
  for (const subject of ["orders.new", "orders.*"])
    nc.subscribe(subject, { callback: (_, msg) => got.push(`${subject} < ${msg.subject}`) });
  const rules = () => nc.diagnose().findings.filter(({ rule }) => rule === "wildcard-publish");

  nc.publish("orders.new");
  await nc.flush();
  expect(rules()).toEqual([]);
  expect(got.toSorted()).toEqual(["orders.* < orders.new", "orders.new < orders.new"]);

  got.length = 0;
  nc.publish("orders.*");
  await nc.flush();
  expect(got).toEqual(["orders.* < orders.*"]);
  expect(rules()).toEqual([
    expect.objectContaining({
      level: "hint",
      option: undefined,
      message: 'wildcards were published to: "orders.*"',
      docs: "docs/lint.md#wildcard-publish",
    }),
  ]);
});
