import { describe, expect, it } from "vitest";
import { findServerError, SERVER_ERRORS } from "../../core/server-errors.js";
import { accuses, meaningOf, SERVER_TEXTS } from "./server-texts.js";

/** Said in the middle of things, about one subject: `ClientConnection` does. */
const ELSEWHERE = ["permissions violation"];

describe("what simulated servers say", () => {
  it.each(SERVER_ERRORS.map(({ prefix }) => prefix))("has a text for '%s'", (prefix) => {
    const said = SERVER_TEXTS.some(({ text }) => text.toLowerCase().startsWith(prefix));
    expect(said || ELSEWHERE.includes(prefix)).toBe(true);
  });

  it.each(SERVER_TEXTS)(
    "means the same here and in the engine: $text",
    ({ text, kind, accuses: accusing }) => {
      const row = findServerError(text);
      expect(row?.kind ?? "unknown").toBe(kind);
      if (row !== undefined) expect(accusing ?? false).toBe(row.blames ?? false);
    },
  );

  it("accuses when nobody knows what it means", () => {
    expect(meaningOf("Message Not To My Taste")).toBeUndefined();
    expect(accuses("Message Not To My Taste")).toBe(true);
    expect(accuses("Stale Connection")).toBe(false);
  });
});
