import type { DoctorFinding } from "../report.js";
import { bytes, list } from "../words.js";
import { finding } from "./finding.js";
import { perServer, type Seen } from "./seen-server.js";

/** Part of a limit. */
const NEARLY = 0.9;

export function jetstream(server: Seen): DoctorFinding[] {
  const { jetstream: js } = server.seen;
  if (js === undefined || !js.enabled) return [];
  const found: DoctorFinding[] = [];
  const { meta, api } = js;
  if (meta !== undefined && meta.size > 0 && meta.leader === "") {
    found.push(
      finding({
        ...perServer("no-meta-leader", "error", server),
        message: "JetStream has no leader",
        why: "no stream or consumer can be created, and the API does not answer, until more than half of the servers have found one",
        evidence: [
          `as ${server.name} sees it: a cluster of ${meta.size}; ${list(meta.peers.map(({ name, offline, current }) => `${name} ${offline ? "offline" : current ? "current" : "behind"}`))}`,
        ],
        advice: [
          "bring back servers until more than half of them run, and see that they reach each other's route ports",
        ],
      }),
    );
  }
  const away = (meta?.peers ?? []).filter(({ offline }) => offline);
  if (away.length > 0) {
    found.push(
      finding({
        ...perServer("jetstream-peer-offline", "warning", server),
        message: `${list(
          away.map(({ name }) => name),
          4,
        )} ${away.length === 1 ? "is" : "are"} missing from JetStream's cluster`,
        why: "streams have one replica less there; one more missing may leave them without a majority",
        evidence: [`as ${server.name} sees it: ${list(away.map(({ name }) => `${name} offline`))}`],
        advice: [
          "start it; a server that never comes back is taken out by: nats server cluster peer-remove <name>",
        ],
      }),
    );
  }
  for (const [what, used, limit] of [
    ["storage", js.storage, js.maxStorage],
    ["memory", js.memory, js.maxMemory],
  ] as const) {
    if (used === undefined || limit === undefined || limit <= 0 || used / limit < NEARLY) continue;
    found.push(
      finding({
        ...perServer("jetstream-full", used >= limit ? "error" : "warning", server),
        message: `JetStream of ${server.name} has used ${bytes(used)} of ${bytes(limit)} ${what}`,
        why: "when it is full, streams take no more messages: publishing fails with 'insufficient resources'",
        evidence: [`jsz: ${what} ${used} of ${limit} bytes`],
        advice: [
          `raise "${what === "storage" ? "max_file_store" : "max_memory_store"}" in the server's "jetstream" block, or give streams limits (max_age, max_bytes)`,
        ],
      }),
    );
  }
  if (api !== undefined && api.total >= 100 && api.errors / api.total >= 0.1) {
    found.push(
      finding({
        ...perServer("jetstream-api-errors", "hint", server),
        message: `${Math.round((api.errors / api.total) * 100)} % of the requests to JetStream's API at ${server.name} have failed`,
        why: "asking for what does not exist counts as well, so that some are usual; many are programs that do it again and again",
        evidence: [`${api.errors} of ${api.total}`],
        advice: [
          "create streams and consumers once (ensureStream(), ensureConsumer()), and watch $JS.EVENT.ADVISORY.API",
        ],
      }),
    );
  }
  return found;
}
