import { expect, it } from "vitest";
import { connectionOptionNames } from "../../src/index.js";
import { pageText } from "../support/page-programs.js";

it("docs/options.md has every option of connect() once, and no other", () => {
  const rows = pageText("options.md").match(/^\| `[^|]*\|/gm) ?? [];
  const named = rows.flatMap((row) => [...row.matchAll(/`(\w+)/g)].map(([, name]) => name));
  expect(named.toSorted()).toEqual([...connectionOptionNames].toSorted());
});
