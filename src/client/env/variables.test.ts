import { describe, expect, it } from "vitest";
import { connectionOptionNames } from "../check-options.js";
import { fileNamesOf, namesOf } from "./environment.js";
import { VARIABLES, WITHOUT_VARIABLE } from "./variables.js";

const outer = (path: string) => path.split(".")[0];

/** Names that were there before: those of the command `nats`, and of this function's first version. */
const ESTABLISHED: Readonly<Record<string, string>> = {
  "tls.caFile": "NATS_CA",
  "tls.certFile": "NATS_CERT",
  "tls.keyFile": "NATS_KEY",
};

describe("the variables [R8]", () => {
  it("set every option that can be text; of the others it is said why they cannot", () => {
    const told = new Set(
      [...VARIABLES.map(({ option }) => option), ...Object.keys(WITHOUT_VARIABLE)].map(outer),
    );
    expect([...told].toSorted()).toEqual([...connectionOptionNames].toSorted());
    const both = VARIABLES.filter(({ option }) => Object.hasOwn(WITHOUT_VARIABLE, option));
    expect(both).toEqual([]);
  });

  it("are called as their options", () => {
    for (const { name, option } of VARIABLES) {
      if (option === "authenticator") continue;
      const snake = option
        .replace(/([a-z])([A-Z])/g, "$1_$2")
        .replace(".", "_")
        .toUpperCase();
      expect(name).toBe(ESTABLISHED[option] ?? `NATS_${snake}`);
    }
  });

  it("have each a name of their own", () => {
    const names = VARIABLES.flatMap((each) => [...namesOf(each), ...fileNamesOf(each)]);
    expect(new Set(names).size).toBe(names.length);
  });

  it("take the default that they tell of, where that is a value", () => {
    for (const { name, kind, standard } of VARIABLES) {
      if (standard === undefined || !/^(?:-?\d+(?:[a-z]+)?|true|false|unlimited)$/i.test(standard)) continue;
      expect(kind.parse(standard), name).not.toBeUndefined();
    }
  });
});
