import { describe, expect, it } from "vitest";
import { lastingStoreError, storeError } from "./errors.js";

const disk = () => storeError("commit", "/o", new Error("EIO"), "the disk is full, or broken (EIO)");

describe("an error of a store", () => {
  it("says what was attempted, where, and why", () => {
    const cause = new Error("EIO");
    expect(storeError("read", "/o", cause)).toMatchObject({
      message: "outbox /o: read failed: EIO",
      code: "OUTBOX_FAILED",
      operation: "read",
      path: "/o",
      cause,
      retryable: true,
    });
  });

  it("says each thing once, of an error that says it already", () => {
    const inner = disk();
    expect(storeError("commit", "/o", inner)).toMatchObject({
      message: "outbox /o: commit failed: the disk is full, or broken (EIO)",
      cause: inner,
    });
    expect(storeError("open", "/o", inner).message).toBe(
      "outbox /o: open failed: the disk is full, or broken (EIO)",
    );
    expect(storeError("read", "/o", inner, `record 7: ${inner.message}`).message).toBe(
      "outbox /o: read failed: record 7: the disk is full, or broken (EIO)",
    );
  });

  it("keeps the words of a store that names another place", () => {
    const other = storeError("read", "/elsewhere", new Error("EIO"));
    expect(storeError("read", "/o", other).message).toBe(
      "outbox /o: read failed: outbox /elsewhere: read failed: EIO",
    );
  });

  it("does not pass by itself when what it comes from does not", () => {
    const lasting = lastingStoreError("open", "/o", undefined, "it is a file");
    expect(lasting.retryable).toBe(false);
    expect(storeError("close", "/o", lasting).retryable).toBe(false);
    expect(storeError("close", "/o", { retryable: 1 }).retryable).toBe(true);
    expect(storeError("close", "/o", null).retryable).toBe(true);
  });
});
