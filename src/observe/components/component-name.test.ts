import { describe, expect, it } from "vitest";
import { componentName, NAMELESS } from "./component-name.js";

describe("the name of a component", () => {
  it.each<[string, string]>([
    ["orders.*", "orders.*"],
    ["books", "books"],
    ["orders.4711.paid", "orders.{id}.paid"],
    ["worker-17", "worker-{id}"],
    ["ORDERS/books", "ORDERS/books"],
    ["prices.{id}", "prices.{id}"],
    ["nats://me:s3cr3t@host", "***@host"],
  ])("%s is shown as %s", (given, shown) => {
    expect(componentName(given)).toBe(shown);
    expect(componentName(shown)).toBe(shown);
  });

  it("is short and valid, whatever it is", () => {
    expect(componentName("ab ".repeat(1_000)).length).toBeLessThanOrEqual(256);
    expect(componentName("x.".repeat(10_000_000)).length).toBeLessThanOrEqual(256);
    expect(componentName("a\ud800")).toBe("a\ufffd");
    for (const none of ["", undefined, null, 7, {}, Symbol("s")]) expect(componentName(none)).toBe(NAMELESS);
  });
});
