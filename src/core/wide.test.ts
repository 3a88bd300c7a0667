import { setFlagsFromString } from "node:v8";
import { describe, expect, it } from "vitest";
import { ChunkPool } from "../wire/chunk.js";
import { parseAddress } from "./address.js";
import { Books } from "./books.js";
import { Continuity } from "./continuity.js";
import { Link, type LinkOwner } from "./link.js";
import { ServerPool } from "./pool.js";
import { Window, type WindowSink } from "./window.js";

setFlagsFromString("--allow-natives-syntax");

/** What V8 says of code that reads `field`, before and after the field has passed 2^31. */
function statuses(make: () => object, field: string): number[] {
  const natives = new Function(
    "make",
    "field",
    `const read = (object) => object.${field};
     %PrepareFunctionForOptimization(read);
     for (let i = 0; i < 10; i++) read(make());
     %OptimizeFunctionOnNextCall(read);
     const object = make();
     read(object);
     const before = %GetOptimizationStatus(read);
     object[field] += 2 ** 31;
     read(object);
     return [before, %GetOptimizationStatus(read)];`,
  );
  return natives(make, field);
}

describe("code that has seen a count of bytes stays as it is when that passes 2^31", () => {
  const [server] = new ServerPool([parseAddress("h:1")], undefined).all;
  const kinds: [string, () => object, string[]][] = [
    ["a link", () => new Link(1, server, {} as LinkOwner, 0), ["handed", "acked", "sent", "answered"]],
    [
      "a window",
      () => new Window(new ChunkPool(), new Books(), {} as WindowSink),
      ["appended", "confirmedOffset"],
    ],
    ["what came in", () => new Continuity({} as never, 0, {} as never), ["inBytes"]],
    ["books", () => new Books(), ["acceptedBytes", "confirmedBytes"]],
  ];
  for (const [name, make, fields] of kinds) {
    it.each(fields)(`${name}: %s`, (field) => {
      const [before, after] = statuses(make, field);
      expect(after).toBe(before);
    });
  }

  it("is no matter of course", () => {
    class Small {
      count = 0;
    }
    const [before, after] = statuses(() => new Small(), "count");
    expect(after).not.toBe(before);
  });
});
