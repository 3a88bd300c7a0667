import type { DoctorFinding, DoctorServer } from "../report.js";
import { finding } from "./finding.js";

/** A run that was ended before it found a server that works: nobody knows whether all is well, so that is not said. */
export function nothingFound(servers: readonly DoctorServer[]): DoctorFinding[] {
  if (servers.some(({ ok }) => ok)) return [];
  const begun = servers.some(({ probe }) => probe.info !== undefined);
  return [
    finding({
      rule: "ended-early",
      level: "error",
      message: `ended before any server was looked at${begun ? " to the end" : ""}`,
      why: "what nobody has looked at may work, or not",
      advice: ['let it come to its end: a shorter --timeout (option "timeout") makes it give up sooner'],
    }),
  ];
}
