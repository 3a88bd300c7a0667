import { expect, it } from "vitest";
import { withoutServers } from "./crew.js";
import { receipt } from "./story.js";

it("what the witness got twice as well is the servers' doing, as often as it did", () => {
  const twice = [7, 8, 8, 9].map((id) => ({ publisher: 0, id, at: 0 }));
  const messages = [
    { publisher: 0, id: 7 },
    { publisher: 0, id: 8 },
    { publisher: 1, id: 9 },
  ];
  const found = withoutServers(receipt({ duplicated: 4, twice }), messages);
  expect(found).toMatchObject({ duplicated: 2, servers: 2 });
  expect(found.twice.map(({ id }) => id)).toEqual([8, 9]);
});
