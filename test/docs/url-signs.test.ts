import { readFileSync } from "node:fs";
import { expect, it } from "vitest";
import { parseAddress } from "../../src/core/address.js";
import { optionsFromEnv } from "../../src/index.js";

const page = readFileSync(new URL("../../docs/configuration.md", import.meta.url), "utf8");
const signs = [...page.matchAll(/`(.)` is written `(%\w\w)`/g)].map(([, sign, written]) => [sign, written]);

it("the page names the signs that must be encoded in credentials", () => {
  expect(signs.map(([sign]) => sign)).toEqual([",", "@", "/"]);
});

it.each(signs)('"%s" in credentials is refused as it is, and taken as %s', (sign, written) => {
  const url = (text: string) => `nats://u${text}r:p${text}ss@h.example:4222`;
  expect(() => optionsFromEnv({ NATS_SERVERS: url(sign) })).toThrow(/NATS_SERVERS/);
  const { servers } = optionsFromEnv({ NATS_SERVERS: url(written) });
  const [server] = [servers ?? []].flat();
  expect(parseAddress(server)).toMatchObject({
    hostname: "h.example",
    user: `u${sign}r`,
    pass: `p${sign}ss`,
  });
  const mixed = `nats://u:10%25${written}@h.example`;
  expect(parseAddress(mixed)).toMatchObject({ pass: `10%${sign}` });
  expect(() => parseAddress(`nats://u:10%${written}@h.example`)).toThrow(/%25/);
});
