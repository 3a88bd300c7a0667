import type { ConnectFields } from "../../wire/lines.js";
import { findServerError } from "../server-errors.js";

/** Fields of CONNECT that prove who we are; who we say we are is no secret. */
const SECRET = ["pass", "auth_token", "jwt", "sig"] as const;

/** What stands in their place. */
const HIDDEN = "***";
/** Shorter ones are part of many a word: they are hidden only where they stand in quotes. */
const LONG = 4;
/** Characters of a secret that no subject of the application's has by chance. */
const UNLIKELY = 12;

/** What we have told the server that nobody else may read. */
export type OwnSecrets = Pick<ConnectFields, (typeof SECRET)[number]>;

/** How a secret may be written in what comes back: as it is, and as it stands in the JSON of CONNECT. */
function asSent(secret: string): string[] {
  return [secret, JSON.stringify(secret).slice(1, -1)];
}

/**
 * The text of an `-ERR` without what we have sent to prove who we are, which a server, or who answers in its place, may send back:
 * texts of servers go into errors, logs and reports. How a known text begins, and what an ordinary subject is, stays: it is known by that.
 *
 * Takes time in proportion to the text, whatever is in it: who answers can be anybody.
 *
 * @param write all that a secret may be written as
 */
export function withoutSecrets(
  text: string,
  sent: OwnSecrets | undefined,
  write: (secret: string) => readonly string[] = asSent,
): string {
  if (sent === undefined) return text;
  const secrets = SECRET.map((name) => sent[name]).filter(isText);
  if (secrets.length === 0) return text;
  const known = findServerError(text)?.prefix.length ?? 0;
  let rest = text.slice(known);
  const subjects =
    known > 0 && /^permissions violation/i.test(text) && !/[^\x21-\x7e]/.test(subjectsIn(rest));
  // The longest first, which may have others in it: the rest of it would be left over.
  const forms = [...new Set(secrets.flatMap(write))].sort((a, b) => b.length - a.length);
  for (const form of forms) {
    if (form.length >= (subjects ? UNLIKELY : LONG)) rest = rest.replaceAll(form, HIDDEN);
    else if (!subjects) rest = rest.replaceAll(`"${form}"`, `"${HIDDEN}"`);
  }
  return text.slice(0, known) + rest;
}

function isText(value: unknown): value is string {
  return typeof value === "string" && value !== "";
}

/** What stands in quotes, also in those that are not closed: looked for behind each, their end would be looked for again and again. */
function subjectsIn(text: string): string {
  return (text.match(/"(?:[^"\\]|\\.)*"?/gs) ?? []).join("");
}
