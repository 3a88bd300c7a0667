import { describe, expect, it } from "vitest";
import { thrown } from "../../../test/support/until.js";
import { WrongUse } from "./ended.js";
import { checkTarget, confirmTarget, type TargetOptions } from "./replay-target.js";

const path = "/var/lib/outbox";
const refusal = (stream: string | undefined, options: TargetOptions) =>
  thrown(() => confirmTarget({ path, stream }, options)).message;

describe("where a replay sends", () => {
  it.each<[string | undefined, TargetOptions]>([
    [undefined, {}],
    [undefined, { core: true }],
    [undefined, { stream: "ORDERS" }],
    ["ORDERS", { stream: "ORDERS" }],
    ["ORDERS", { core: true }],
    ["ORDERS", { stream: "NEW", insteadOf: "ORDERS" }],
  ])("from an outbox that was for %s, %j is what was meant", (stream, options) => {
    expect(() => confirmTarget({ path, stream }, options)).not.toThrow();
  });

  it("is not core NATS for what a stream was to have, unless that is insisted on", () => {
    expect(refusal("ORDERS", {})).toBe(
      `outbox ${path} was for stream "ORDERS": add --stream ORDERS to send there, or --core to insist on core NATS`,
    );
  });

  it("is not another stream, unless the one that it was for is named", () => {
    expect(refusal("ORDERS", { stream: "ORDRES" })).toContain("add --instead-of ORDERS if that is meant");
    expect(refusal("ORDERS", { stream: "NEW", insteadOf: "OTHER" })).toContain(
      'was for stream "ORDERS", not for "OTHER"',
    );
    expect(refusal(undefined, { stream: "NEW", insteadOf: "OTHER" })).toContain("was for core NATS");
  });

  it.each<[TargetOptions, string]>([
    [{ core: true, stream: "S" }, "--core and --stream"],
    [{ domain: "hub" }, "--domain needs --stream"],
    [{ insteadOf: "S" }, "--instead-of needs --stream"],
    [{ core: true, insteadOf: "S" }, "--instead-of needs --stream"],
  ])("%j contradicts itself", (options, text) => {
    const error = thrown(() => checkTarget(options));
    expect(error).toBeInstanceOf(WrongUse);
    expect(error.message).toContain(text);
  });
});
