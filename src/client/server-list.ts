const SCHEME = /^[a-z][a-z0-9+.-]*:\/\//i;

/**
 * Servers in one text, with commas between them, as nats.go takes them. Undefined where it cannot be told whether a comma stands between two
 * servers or in a password, as in `nats://me:a,b@host`: the pieces of the password would be dialled, and be seen in logs. An entry without a scheme
 * is taken for such a piece if it has credentials, and the one before has none, or those of another user, or if it is behind the query of a websocket,
 * which may be a token.
 */
export function splitServers(text: string): string[] | undefined {
  const entries = text.split(",");
  const isPiece = (entry: string, i: number) => {
    if (i === 0 || entry.trim() === "" || SCHEME.test(entry.trim())) return false;
    const before = entries[i - 1];
    return before.includes("?") || (entry.includes("@") && userOf(entry) !== userOf(before));
  };
  return entries.some(isPiece) ? undefined : entries;
}

/** The user of an entry, or its token; undefined when it has no credentials. */
function userOf(entry: string): string | undefined {
  const credentials = /^([^@]*)@/.exec(entry.trim().replace(SCHEME, ""));
  return credentials?.[1].split(":", 1)[0];
}

/** The host of an entry: without scheme and credentials, in which there may be commas, and without the path of a websocket. */
export function hostOf(entry: string): string {
  return entry.trim().replace(SCHEME, "").split(/[/?]/, 1)[0].split("@").at(-1) ?? "";
}
