import { describe, expect, it } from "vitest";
import { thrown } from "../../../test/support/until.js";
import { toDashboardSettings } from "./dashboard-options.js";

function refusal(given: unknown): string {
  const error = thrown<Error & { code: string; option: string }>(() =>
    toDashboardSettings(given, "dashboard"),
  );
  expect(error.code).toBe("INVALID_OPTION");
  expect(error.message).not.toContain("canary");
  return `${error.option}: ${error.message}`;
}

describe("the options of the dashboard", () => {
  it("have defaults", () => {
    expect(toDashboardSettings(undefined)).toEqual({ name: undefined, subjects: false, peers: [] });
  });

  it("take peers as URLs, with or without what stands before the page", () => {
    const { peers } = toDashboardSettings({
      name: "orders",
      subjects: true,
      peers: [
        "http://a:9000",
        { url: "https://b/ops/", token: "t", name: "billing" },
        { url: "http://[::1]:8080/x/dashboard/" },
      ],
    });
    expect(peers).toEqual([
      { base: "http://a:9000", host: "a:9000", token: undefined, name: undefined },
      { base: "https://b/ops", host: "b", token: "t", name: "billing" },
      { base: "http://[::1]:8080/x", host: "[::1]:8080", token: undefined, name: undefined },
    ]);
  });

  it.each([
    [[], "dashboard: "],
    [{ subject: true }, "dashboard.subject: "],
    [{ name: "" }, "dashboard.name: "],
    [{ name: 1 }, "dashboard.name: "],
    [{ subjects: "yes" }, "dashboard.subjects: "],
    [{ peers: "http://a" }, "dashboard.peers: "],
    [{ peers: new Array(65).fill("http://a") }, "dashboard.peers: "],
    [{ peers: [1] }, "dashboard.peers[0]: "],
    [{ peers: [null] }, "dashboard.peers[0]: "],
    [{ peers: [undefined] }, "dashboard.peers[0]: "],
    [{ peers: ["http://a", "canary"] }, "dashboard.peers[1]: "],
    [{ peers: ["ftp://canary"] }, "dashboard.peers[0]: "],
    [{ peers: ["file:///etc/canary"] }, "dashboard.peers[0]: "],
    [{ peers: ["javascript:canary"] }, "dashboard.peers[0]: "],
    [{ peers: ["http://canary@a"] }, "dashboard.peers[0]: "],
    [{ peers: ["http://u:canary@a"] }, "dashboard.peers[0]: "],
    [{ peers: ["http://a/?token=canary"] }, "dashboard.peers[0]: "],
    [{ peers: ["http://a/#canary"] }, "dashboard.peers[0]: "],
    [{ peers: [{ token: "canary" }] }, "dashboard.peers[0].url: "],
    [{ peers: [{ url: 1 }] }, "dashboard.peers[0].url: "],
    [{ peers: [{ url: "http://a", token: "canary\r\nX: y" }] }, "dashboard.peers[0].token: "],
    [{ peers: [{ url: "http://a", token: "" }] }, "dashboard.peers[0].token: "],
    [{ peers: [{ url: "http://a", tokn: "canary" }] }, "dashboard.peers[0].tokn: "],
    [{ peers: ["http://a", "http://a/"] }, "dashboard.peers[1]: "],
  ])("refuse %j and name the option, not the value", (given, begins) => {
    expect(refusal(given).startsWith(begins)).toBe(true);
  });
});
