import { describe, expect, it } from "vitest";
import { CASES, casesNamed } from "./cases.js";
import { stepsOf } from "./works/steps.js";

describe("the cases", () => {
  it("have names of their own", () => {
    const names = CASES.map(({ name }) => name);
    expect(new Set(names).size).toBe(names.length);
  });

  it.each(CASES)("$name: what its targets are about is measured", ({ works, clients, figures, targets }) => {
    const steps = works.flatMap(stepsOf);
    expect(new Set(steps).size).toBe(steps.length);
    for (const { figure, of, against, atLeast, atMost } of targets) {
      expect(figures).toContain(figure);
      expect([atLeast, atMost].filter((limit) => limit !== undefined)).toHaveLength(1);
      for (const who of [of, against ?? of]) {
        expect(clients).toContain(who.client);
        expect(steps).toContain(who.step);
      }
    }
  });

  it("are found by their name, else by its beginning", () => {
    expect(casesNamed("publish-128").map(({ name }) => name)).toEqual(["publish-128"]);
    expect(casesNamed("publish-128-").map(({ name }) => name)).toEqual(["publish-128-tls"]);
    expect(casesNamed("nothing")).toEqual([]);
  });
});
