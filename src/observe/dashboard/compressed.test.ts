import type { IncomingMessage } from "node:http";
import { expect, it } from "vitest";
import { takesGzip } from "./compressed.js";

function takes(accepted: string | undefined): boolean {
  return takesGzip({ headers: { "accept-encoding": accepted } } as IncomingMessage);
}

it.each(["gzip", "gzip, deflate, br", "br;q=1, GZIP ; q=0.5", "deflate, *", "gzip;q=0.001", "*;q=1"])(
  "a client that sends %j takes gzip",
  (accepted) => {
    expect(takes(accepted)).toBe(true);
  },
);

it.each([undefined, "", "identity", "br", "gzip;q=0", "gzip; q=0.000", "*;q=0", "xgzip", "gzip2"])(
  "a client that sends %j does not",
  (accepted) => {
    expect(takes(accepted)).toBe(false);
  },
);
