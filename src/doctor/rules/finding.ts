import type { DoctorFinding } from "../report.js";

/** What a rule has found; what is left out is empty. */
export type Found = Pick<DoctorFinding, "rule" | "level" | "message" | "why" | "advice"> &
  Partial<DoctorFinding>;

/** A finding with all its fields. */
export function finding(found: Found): DoctorFinding {
  return { option: undefined, docs: "docs/doctor.md#what-it-finds", servers: [], evidence: [], ...found };
}
