import { FEWEST } from "../cluster.js";
import type { Pattern } from "../diagnosis.js";
import type { KeptOutage } from "../outage-history.js";
import { spanText } from "../words.js";
import { isMost, type PatternView, pattern, shareText } from "./view.js";

/** ms below which a link has hardly stood. */
const SHORT = 10_000;
/** ms within which short links are one episode. */
const EPISODE = 600_000;

/** Links that stand for a short time, again and again. */
export function flapping({ outages }: PatternView): Pattern | undefined {
  const last = outages.at(-1);
  if (last === undefined) return undefined;
  const episode = outages.filter(({ at }) => last.at - at <= EPISODE);
  const short = episode.filter(({ stood }) => stood < SHORT);
  if (!isMost(short.length, episode.length, FEWEST)) return undefined;
  const longest = Math.max(...short.map(({ stood }) => stood));
  const { kind, message } = short.at(-1)!.cause;
  return pattern(
    "flapping",
    `links stand for less than ${spanText(SHORT)}, again and again`,
    [
      `${shareText(short.length, episode.length)} of the last ${spanText(EPISODE)} came after ${spanText(longest)} or less`,
      `the last one had kind ${kind}: ${message}`,
    ],
    [
      `the cause of each says why; docs/causes/${kind}.md has what to look at`,
      "what this process does first after each reconnect: a burst of subscriptions or of replayed messages may be what the server ends the link for",
      "two clients with the same localPort, or a proxy whose server behind it is gone, look like this, too",
    ],
  );
}

/** Outages that tell how it is with credentials at present. */
const RECENT = 10;

/** Whether credentials were refused in it; what expires and is taken when it is renewed is not refused. */
function hadRefusal({ cause: { kind, code }, attempts }: KeptOutage): boolean {
  if (kind === "authentication" && code !== "AUTHENTICATION_EXPIRED") return true;
  return attempts.some(({ cause }) => cause.kind === "authentication");
}

/** Credentials are refused again and again: since a link stood last, or in most of the last outages. */
export function refusals({ past, outages }: PatternView): Pattern | undefined {
  const recent = outages.slice(-RECENT);
  const refused = recent.filter(hadRefusal).length;
  const isRule = isMost(refused, recent.length, FEWEST);
  if (past.refusals < FEWEST && !isRule) return undefined;
  const servers = [...past.servers.all].filter(
    ([, { cause, failed }]) => failed > 0 && cause?.kind === "authentication",
  );
  return pattern(
    "authentication",
    "credentials are refused, again and again",
    [
      past.refusals < FEWEST
        ? `in ${refused} of the last ${recent.length} outages they were refused`
        : `${past.refusals} links and attempts ended with kind authentication, and none was taken since`,
      ...servers.slice(0, 5).map(([server, { cause }]) => `${server}: ${cause!.message} (${cause!.code})`),
    ],
    [
      "the credentials that are in use: expired, revoked, of another account or environment, or not yet at all servers",
      "authenticator: one that reads them anew at every attempt (credsFileAuthenticator, a function that fetches a token), so that rotated ones are found",
      "the clocks of this host and of the servers, if tokens or JWTs with a time in them are refused",
    ],
  );
}

/** Outages that are looked at, and how much longer the last must be than the first. */
const LOOKED_AT = 6;
const LONGER = 4;

/** Each outage lasts longer than the one before. */
export function slower({ outages }: PatternView): Pattern | undefined {
  const ended = outages.filter(({ downtime }) => downtime !== undefined).slice(-LOOKED_AT);
  const times = ended.map(({ downtime }) => downtime!);
  if (times.length < LOOKED_AT || times.at(-1)! < 1000) return undefined;
  const grows = times.every((time, index) => index === 0 || time > times[index - 1]);
  // Six in ascending order come about by chance once in 720 times, and seldom with such steps.
  if (!grows || times.at(-1)! < LONGER * times[0]) return undefined;
  const tries = ended.map(({ failed }) => failed + 1).join(", ");
  return pattern(
    "slower-reconnects",
    "it takes longer from outage to outage until a link stands again",
    [
      `the last ${LOOKED_AT} outages lasted ${times.map((time) => spanText(time)).join(", ")}`,
      `attempts that they took: ${tries}`,
    ],
    [
      "with more attempts each time: servers that are gone from the cluster and still in the pool, or fewer and fewer that take clients",
      "with as many attempts: servers that are slower to take clients (CPU, TLS handshakes, an authentication callout), or more clients that come back together",
    ],
  );
}
