import { expect, it } from "vitest";
import { CodedError } from "../../errors.js";
import type { Link } from "../link.js";
import { LocalStalls } from "../outage.js";
import { Reasons } from "./reasons.js";

const link = {
  server: { address: { listen: "h:1", scheme: "nats" } },
  phase: "live",
  lameDuck: false,
  dialledAt: 0,
  connectedAt: 1000,
  lastInbound: 4990,
  pingsInFlight: 0,
  unanswered: 0,
  inFlight: 0,
  held: 0,
  anonymous: false,
  info: undefined,
  stranger: undefined,
} as unknown as Link;

function reasons(active: Link = link) {
  const stalls = new LocalStalls();
  const owner = { onTheWay: () => ({ messages: 3, largest: 500 }) };
  return { stalls, told: new Reasons({ active, stalls, owner }, false) };
}
const closed = () => new CodedError("CONNECTION_LOST", "closed", { closedByPeer: true });

it("has what was on the way on the link that carries the window, and on no other", () => {
  const way = "3 messages were on the way, the largest with 500 bytes";
  expect(reasons().told.of(link, closed(), 5000).evidence).toContain(way);
  expect(reasons({ ...link } as Link).told.of(link, closed(), 5000).evidence).not.toContain(way);
});

it("does not look for what was on the way where that is known", () => {
  const { told } = reasons();
  const { evidence } = told.of(link, closed(), 5000, { messages: 2, largest: 7 });
  expect(evidence).toContain("2 messages were on the way, the largest with 7 bytes");
});

it("knows a close by the very error of the link, or of the attempt that it wraps, whatever ended last", () => {
  const { told } = reasons();
  const [refusal, later] = [new CodedError("AUTHORIZATION_VIOLATION", "no"), closed()];
  const cause = told.of(link, refusal, 5000);
  const last = told.of(link, later, 6000);
  expect(told.ofClose(refusal, last)).toBe(cause);
  expect(told.ofClose(new CodedError("MAX_RECONNECT_ATTEMPTS", "x", { cause: refusal }), last)).toBe(cause);
  expect(told.ofClose(new Error("another"), last)).toBe(last);
  expect(told.ofClose(new Error("another"), undefined).kind).toBe("client");
});

it("takes how busy this process was for the end that it was looked at for, once", () => {
  const { stalls, told } = reasons();
  stalls.load = { span: 1500, busy: 1, inbound: 10_000_000, behind: 1500 };
  expect(told.of(link, closed(), 5000).kind).toBe("slow-consumer");
  expect(told.of(link, closed(), 5000).kind).toBe("server-shutdown");
});
