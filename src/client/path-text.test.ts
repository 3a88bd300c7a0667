import { describe, expect, it } from "vitest";
import { isContents } from "./path-text.js";

const SEED = `SU${"AM2QLX7K".repeat(7)}`;

describe("a text that should be a path", () => {
  it.each(["/etc/nats/user.creds", "user.creds", "C:\\nats\\ca.pem", `/run/${"deep/".repeat(50)}ca.pem`, ""])(
    "is one: %s",
    (path) => {
      expect(isContents(path)).toBe(false);
    },
  );

  it.each([
    SEED,
    `"${SEED}"`,
    `SEED=${SEED.toLowerCase()}`,
    "-----BEGIN PRIVATE KEY-----",
    "a\nb",
    "nats://me:secret@host:4222",
    "eyJ0eXAiOiJKV1QiLCJhbGciOiJlZDI1NTE5LW5rZXkifQ.e30.x",
    "x".repeat(5000),
  ])("is the contents of a file: %s", (text) => {
    expect(isContents(text)).toBe(true);
  });
});
