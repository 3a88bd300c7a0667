import type { Case, CaseText } from "./case.js";
import { GROWTH } from "./catalogue/growth.js";
import { HANDLE } from "./catalogue/handle.js";
import { LATENCY } from "./catalogue/latency.js";
import { LINKS } from "./catalogue/links.js";
import { OUTBOX } from "./catalogue/outbox.js";
import { PUBLISH } from "./catalogue/publish.js";
import { RECEIVE } from "./catalogue/receive.js";
import { RECOVERY } from "./catalogue/recovery.js";
import { REQUEST } from "./catalogue/request.js";

const USUAL = {
  group: "publish",
  unit: "message",
  clients: ["holdfast", "natsjs"],
  figures: ["rate", "cpu", "peakRss"],
  targets: [],
  tls: false,
  usual: false,
} as const satisfies Omit<Case, "name" | "title" | "works">;

const whole = (text: CaseText): Case => ({ ...USUAL, ...text });

/** Everything that is measured, in this order. */
export const CASES: readonly Case[] = [
  ...PUBLISH,
  ...RECEIVE,
  ...HANDLE,
  ...REQUEST,
  ...LATENCY,
  ...LINKS,
  ...OUTBOX,
  ...GROWTH,
  ...RECOVERY,
].map(whole);

/** The case with exactly this name, else all whose names begin with it. */
export function casesNamed(text: string): Case[] {
  const exact = CASES.filter((one) => one.name === text);
  return exact.length > 0 ? exact : CASES.filter((one) => one.name.startsWith(text));
}
