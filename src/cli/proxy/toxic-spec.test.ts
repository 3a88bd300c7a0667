import { expect, it } from "vitest";
import { FaultProxy } from "../../testing/fault-proxy.js";
import { Control, KEEP_CLIENTS } from "./control.js";
import { parseToxic } from "./toxic-spec.js";

it.each([
  ["latency=200,jitter=50", { type: "latency", latency: 200, jitter: 50 }],
  ["latency=1.5s,stream=upstream", { type: "latency", latency: 1500, stream: "upstream" }],
  ["bandwidth=64KiB, toxicity=0.5", { type: "bandwidth", rate: 65_536, toxicity: 0.5 }],
  ["half_open", { type: "half_open" }],
  ["inject=-ERR 'a\\, b',count=1", { type: "inject", line: "-ERR 'a, b'", count: 1 }],
  ["inject=4222", { type: "inject", line: "4222" }],
  ["corrupt,every=100,name=c", { type: "corrupt", every: 100, name: "c" }],
  ["latency=soon", { type: "latency", latency: "soon" }],
])("%s is a toxic", (text, options) => {
  expect(parseToxic(text)).toEqual(options);
});

it.each([
  ["", "has no type"],
  ["=5", "has no type"],
  ["blackhole=5", "takes no value of its own"],
  ["latency=5,jitter", "must be name=value"],
  ["latency=5,latency=6", "is there twice"],
  ["latency=5,type=blackhole", "is there twice"],
  ["rewrite_info", "it is for programs"],
])("%s is none", (text, why) => {
  expect(() => parseToxic(text)).toThrow(why);
});

it("does by single keys what lines do, and keeps what keeps clients here", async () => {
  await using proxy = await FaultProxy.start({ target: "127.0.0.1:1" });
  proxy.addToxic({ type: "rewrite_info", name: KEEP_CLIENTS, info: { connect_urls: undefined } });
  let quit = 0;
  const control = new Control(proxy, () => quit++);
  const names = () => proxy.toxics.map(({ name }) => name);
  for (const key of "lwbhftpsc") expect(await control.key(key)).toEqual([expect.stringMatching(/^\+ /)]);
  expect(names()).toHaveLength(10);
  expect(await control.key("l")).toEqual(["- latency_both"]);
  await control.key("d");
  expect(proxy.isUp).toBe(false);
  await control.key("0");
  expect([proxy.isUp, names()]).toEqual([true, [KEEP_CLIENTS]]);
  expect(await control.key("?")).toHaveLength(5);
  expect(await control.key("toString")).toEqual([]);
  expect(await control.line(`remove ${KEEP_CLIENTS}`)).toEqual([
    expect.stringContaining("not done: there is no toxic"),
  ]);
  await control.key("q");
  expect(quit).toBe(1);
});
