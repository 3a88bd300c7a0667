/** A version as numbers; undefined when it is none. */
export function parseVersion(text: string | undefined): readonly [number, number, number] | undefined {
  const found = /^v?(\d{1,4})\.(\d{1,4})\.(\d{1,4})/.exec(text ?? "");
  return found === null ? undefined : [Number(found[1]), Number(found[2]), Number(found[3])];
}

/** Whether `version` is older than `other`. */
export function isOlder(version: readonly number[], other: readonly number[]): boolean {
  for (let i = 0; i < 3; i++) if (version[i] !== other[i]) return version[i] < other[i];
  return false;
}

/** What servers before a version do not have, or do otherwise. */
export interface Incompatibility {
  readonly before: readonly [number, number, number];
  readonly level: "error" | "warning" | "hint";
  /** What is missing or broken; continues "nats-server x: ". */
  readonly text: string;
}

/**
 * What is known of old servers, the oldest first; of several that hold for a version the first is the message, the others are evidence.
 * Sources: the release notes and upgrade guides of nats-server (docs.nats.io, "What's new").
 */
export const INCOMPATIBILITIES: readonly Incompatibility[] = [
  {
    before: [2, 2, 0],
    level: "error",
    text: "no headers, no JetStream, no answer to requests that nobody serves",
  },
  { before: [2, 9, 0], level: "warning", text: "not the consumer API that today's JetStream clients use" },
  {
    before: [2, 10, 0],
    level: "warning",
    text: "not tested with this client (2.10 to 2.15 are); no consumers with several filter subjects, no metadata, no stream compression",
  },
  { before: [2, 11, 0], level: "hint", text: "no message TTLs, no paused consumers, no tracing of messages" },
  { before: [2, 12, 0], level: "hint", text: "no atomic batches, counters or scheduled messages" },
];

/** The first and the last line of versions that this client is tested with. */
export const TESTED = { first: [2, 10], last: [2, 15] } as const;

/** Security advisories of nats-server: versions in `line` before its patch have the hole. */
export interface Advisory {
  readonly id: string;
  readonly fixed: readonly (readonly [number, number, number])[];
  readonly text: string;
}

/** Those that let somebody without credentials in, or end the server (advisories.nats.io). */
export const ADVISORIES: readonly Advisory[] = [
  {
    id: "CVE-2026-27889",
    fixed: [
      [2, 11, 14],
      [2, 12, 5],
    ],
    text: "a websocket frame from anybody ends the server",
  },
  {
    id: "NATS advisory 2026-16",
    fixed: [
      [2, 11, 16],
      [2, 12, 7],
    ],
    text: "with no_auth_user, routes and leaf nodes can be used without credentials",
  },
];

/** Whether a version has the hole: its line has a patch that it lacks, or it is older than all lines that have one. */
export function isAffected(version: readonly [number, number, number], { fixed }: Advisory): boolean {
  const own = fixed.find(([major, minor]) => major === version[0] && minor === version[1]);
  return (
    isOlder(version, own ?? fixed[0]) &&
    (own !== undefined || isOlder(version, [fixed[0][0], fixed[0][1], 0]))
  );
}
