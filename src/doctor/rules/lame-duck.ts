import type { DoctorFinding, DoctorServer } from "../report.js";
import { span } from "../words.js";
import { finding } from "./finding.js";
import { perServer, type Seen } from "./seen-server.js";

/** ms after its start within which a server may not take clients yet. */
const STARTING = 60_000;

/** What `healthz` says where the port for clients is closed, alone or among others. */
const CLOSED = /^failed to be ready for connections after [^:]*:.*\bserver\b/;

const ADVICE =
  "wait until it is back, if this is a rolling restart; else look at who has stopped it (its log says when)";

/** The servers, as `host:port`, that refuse connections although their monitoring port answers: lame duck mode closes the port for clients first. */
export function leavingOf(all: readonly Seen[], servers: readonly DoctorServer[]): ReadonlySet<string> {
  return new Set(
    all.flatMap(({ url, seen: { port } }) => closedOf(url, port, servers).map(({ server }) => server)),
  );
}

function closedOf(url: string, port: number | undefined, servers: readonly DoctorServer[]): DoctorServer[] {
  const { hostname } = new URL(url);
  return servers.filter(
    ({ server: hostport, probe }) =>
      probe.failed === "tcp" &&
      hostport === `${hostname}:${port}` &&
      (probe.tcp?.addresses ?? []).every(({ why }) => why === "refused"),
  );
}

/** Whether its own health check says that it takes no clients. */
export function takesNone({ health }: Seen["seen"]): boolean {
  return health?.ok === false && CLOSED.test(health.text);
}

/** A server that runs, and refuses clients. It is told once, whether it was dialled or only says so itself. */
export function gone(all: readonly Seen[], servers: readonly DoctorServer[]): DoctorFinding[] {
  // While there is another one, clients have where to go.
  const level = servers.some(({ ok }) => ok) ? "warning" : "error";
  return all.flatMap((server) => {
    const { port, uptime = 0, connections = 0, health, id } = server.seen;
    const closed = closedOf(server.url, port, servers);
    const facts = [
      `its monitoring port answers, it runs for ${span(uptime)}`,
      ...(takesNone(server.seen) ? [`healthz: ${health!.text}`] : []),
    ];
    const common = {
      why: "a server in lame duck mode closes its port for clients first, and sends those that it has to other servers",
      advice: [ADVICE],
      docs: "docs/causes/lame-duck.md",
    };
    if (closed.length > 0)
      return closed.map(({ server: hostport }) =>
        finding({
          ...perServer("runs-and-refuses", level, server),
          ...common,
          servers: [hostport],
          message: `${hostport} (${server.name}) runs and takes no clients: it is shutting down (lame duck mode)`,
          evidence: [...facts, `${hostport} refuses connections`],
        }),
      );
    // Of those that were reached `ldm` in INFO tells it.
    if (!takesNone(server.seen) || servers.some((other) => other.id === id && other.probe.info?.ldm === true))
      return [];
    // Clients that it has it took before it closed.
    const certain = uptime >= STARTING || connections > 0;
    return [
      finding({
        ...perServer("lame-duck", level, server),
        ...common,
        message: `${server.name} takes no new clients: it is shutting down (lame duck mode)${certain ? "" : ", or it has not started yet"}`,
        evidence: facts,
      }),
    ];
  });
}
