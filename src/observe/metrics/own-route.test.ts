import type { IncomingMessage, ServerResponse } from "node:http";
import { expect, it } from "vitest";
import { ownMetricsRoute } from "./own-route.js";

it("without prom-client says what to install", () => {
  const told: unknown[] = [];
  const res = {
    setHeader() {},
    writeHead: (status: number) => void told.push(status),
    end: (text: string) => void told.push(String(text)),
  };
  const route = ownMetricsRoute([], () => undefined);
  route.handle({ method: "GET" } as IncomingMessage, res as unknown as ServerResponse, "/metrics", true);
  expect(told.join(" ")).toMatch(/404 .*npm install prom-client/);
});
