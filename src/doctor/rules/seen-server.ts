import type { DoctorFinding, SeenServer } from "../report.js";

/** A monitored server, and what it is called. */
export interface Seen {
  readonly url: string;
  readonly name: string;
  readonly seen: SeenServer;
}

/** What every finding about one server has. */
export const perServer = (rule: string, level: DoctorFinding["level"], { url }: Seen) => ({
  rule,
  level,
  servers: [url],
});
