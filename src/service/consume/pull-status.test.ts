import { expect, test } from "vitest";
import { meaningOf } from "./pull-status.js";

test.each([
  [100, "Idle Heartbeat", "alive"],
  [204, "EOB", "ended"],
  [404, "No Messages", "ended"],
  [408, "Request Timeout", "ended"],
  [408, "Interest Expired", "lost"],
  [409, "Batch Completed", "ended"],
  [409, "Message Size Exceeds MaxBytes", "ended"],
  [409, "Consumer Deleted", "gone"],
  [409, "Stream Deleted", "gone"],
  [409, "Leadership Change", "lost"],
  [409, "Server Shutdown", "lost"],
  [409, "something new", "lost"],
  [409, "Exceeded MaxWaiting", "refused"],
  [409, "Exceeded MaxRequestBatch of 10", "refused"],
  [409, "Consumer is push based", "refused"],
  [400, "Bad Request", "refused"],
  [423, "Nats-Wrong-Pin-Id", "refused"],
  [503, "", "lost"],
  [0, "", "unknown"],
  [299, "odd", "unknown"],
] as const)("status %i %s: %s", (code, text, meaning) => expect(meaningOf(code, text)).toBe(meaning));
