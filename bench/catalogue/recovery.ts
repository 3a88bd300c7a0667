import { atMost, type CaseText } from "../case.js";

const defaults = {
  group: "recovery",
  unit: "kill",
  clients: ["holdfast", "natsjs"],
  figures: ["recovery"],
} as const;

/** Time from the SIGKILL of the connected server to working again. A raw socket does not reconnect. */
export const RECOVERY: readonly CaseText[] = [
  {
    ...defaults,
    name: "recovery-3s",
    title: "SIGKILL of the connected node of three to working again, link 3 s old",
    works: [{ kind: "recovery", linkAge: 3000 }],
    targets: [{ ...atMost("recovery", "natsjs", 1.1), slack: 2 }],
  },
  {
    ...defaults,
    name: "recovery-0.3s",
    title: "SIGKILL of the connected node of three to working again, link 0.3 s old",
    works: [{ kind: "recovery", linkAge: 300 }],
    targets: [atMost("recovery", "natsjs", 0.1)],
  },
];
