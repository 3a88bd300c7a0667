import { describe, expect, it } from "vitest";
import { endpointUrl, toMonitors } from "./monitor-address.js";

describe("the URL of a monitoring port", () => {
  it.each([
    ["http://a:8222", "http://a:8222"],
    ["a:8222", "http://a:8222"],
    ["https://a/nats/", "https://a/nats"],
    ["http://me:s3cr3t@a:8222/varz?token=s3cr3t#s3cr3t", "http://a:8222"],
    ["http://[::1]:8222/connz", "http://[::1]:8222"],
  ])("%s is shown as %s", (given, shown) => {
    expect(toMonitors(given)[0].shown).toBe(shown);
  });

  it("keeps its path and its query for what is asked", () => {
    const [monitor] = toMonitors("http://a:8222/nats/varz?token=t");
    expect(endpointUrl(monitor, "connz?state=closed&limit=5").href).toBe(
      "http://a:8222/nats/connz?token=t&state=closed&limit=5",
    );
    expect(endpointUrl(toMonitors("a:8222")[0], "varz").href).toBe("http://a:8222/varz");
  });

  it.each([5, "", " ", "ftp://a", "http://", "http://a:x", "file:///etc", null, ["http://a", undefined]])(
    "%o is refused",
    (given) => {
      expect(() => toMonitors(given)).toThrow(
        expect.objectContaining({ code: "INVALID_OPTION", option: "monitor" }),
      );
    },
  );

  it("is one of at most 32", () => {
    expect(() => toMonitors(Array(33).fill("http://a"))).toThrow(/at most 32/);
    expect(toMonitors(undefined)).toEqual([]);
  });
});
