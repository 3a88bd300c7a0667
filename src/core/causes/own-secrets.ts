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

/**
 * The text of an `-ERR` without what we have sent to prove who we are, which a server, or who answers in its place, may send back:
 * texts of servers go into errors, logs and reports. How a known text begins, and what an ordinary subject is, stays: it is known by that.
 */
export function withoutSecrets(text: string, sent: OwnSecrets | undefined): string {
  if (sent === undefined) return text;
  const known = findServerError(text)?.prefix.length ?? 0;
  let rest = text.slice(known);
  const subjects =
    known > 0 && /^permissions violation/i.test(text) && !/[^\x21-\x7e]/.test(subjectsIn(rest));
  for (const name of SECRET) {
    const value = sent[name];
    if (typeof value !== "string" || value === "") continue;
    // As it is, and as it stands in the JSON of CONNECT; the longer first, which may have the other in it.
    const escaped = JSON.stringify(value).slice(1, -1);
    for (const form of new Set([escaped, value])) {
      if (form.length >= (subjects ? UNLIKELY : LONG)) rest = rest.replaceAll(form, HIDDEN);
      else if (!subjects) rest = rest.replaceAll(`"${form}"`, `"${HIDDEN}"`);
    }
  }
  return text.slice(0, known) + rest;
}

/** What stands in quotes. */
function subjectsIn(text: string): string {
  return (text.match(/"(?:[^"\\]|\\.)*"/g) ?? []).join("");
}
