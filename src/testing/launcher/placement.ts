import type { NatsServer } from "../server.js";
import { RawConnection } from "./raw-connection.js";

const ANSWER_TIMEOUT_MS = 1_000;

/** A stream that is never made: no server has this tag. */
const NAME = "HOLDFAST_NOWHERE";
const STREAM = JSON.stringify({ name: NAME, subjects: [NAME], placement: { tags: ["holdfast-nowhere"] } });

const CONNECT = 'CONNECT {"verbose":false,"pedantic":false,"headers":true,"no_responders":true}';

/**
 * What still keeps the leader of JetStream from placing streams on all of its peers; undefined when nothing does.
 *
 * It hears of a peer first by a route, and only up to a second later from the peer itself what room it has. Until then it places nothing
 * there ("peer offline"), while the monitoring endpoints call the peer current already. So it is asked for a stream that it must refuse, and why it
 * does so tells. Who wants to know who is there, or TLS, is not asked.
 */
export async function unplaced(server: NatsServer): Promise<string | undefined> {
  if (server.tls !== undefined) return undefined;
  using connection = await RawConnection.open(server.host, server.port);
  if (connection.info.auth_required === true) return undefined;
  connection.send(CONNECT, "SUB inbox 1", `PUB $JS.API.STREAM.CREATE.${NAME} inbox ${STREAM.length}`, STREAM);
  // In an election nobody answers. The end of the connection ends the wait, too.
  const timer = setTimeout(() => connection[Symbol.dispose](), ANSWER_TIMEOUT_MS);
  try {
    // Any answer: where there is no JetStream for such a connection, that there is nobody.
    const [answer] = await connection.until(/MSG inbox 1 [\d ]+\r\n.*\r\n/s);
    return answer.includes("peer offline")
      ? `${server.name} has not heard what room its peers have`
      : undefined;
  } catch {
    return `${server.name} does not answer as the leader of JetStream`;
  } finally {
    clearTimeout(timer);
  }
}
