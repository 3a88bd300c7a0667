import type { ConnectionOptions } from "../index.js";

/** Longest JWT that is read, characters. */
const LONGEST = 64 * 1024;
/** ms that an authenticator has. */
const PATIENCE = 1000;

/**
 * When the credentials of the options ended, where they are a JWT that says so: ms since the epoch, undefined when they have not, or nothing is known.
 * Nothing of the JWT but this time is kept. A server says only that it does not take them.
 */
export async function endOfCredentials(
  connection: ConnectionOptions | undefined,
  now: number,
): Promise<number | undefined> {
  const authenticator: unknown = connection?.authenticator;
  const all: unknown[] = Array.isArray(authenticator) ? authenticator : [authenticator];
  for (const one of all) {
    if (typeof one !== "function") continue;
    const ended = endOf(await jwtOf(one as (nonce?: string) => unknown));
    if (ended !== undefined && ended <= now) return ended;
  }
  return undefined;
}

async function jwtOf(authenticator: (nonce?: string) => unknown): Promise<unknown> {
  let timer: NodeJS.Timeout | undefined;
  try {
    const late = new Promise<undefined>((resolve) => {
      timer = setTimeout(() => resolve(undefined), PATIENCE);
    });
    const auth = await Promise.race([authenticator("AAAAAAAAAAAAAAA"), late]);
    return (auth as { jwt?: unknown } | undefined)?.jwt;
  } catch {
    // The probe has met that, and told it.
    return undefined;
  } finally {
    clearTimeout(timer);
  }
}

function endOf(jwt: unknown): number | undefined {
  if (typeof jwt !== "string" || jwt.length > LONGEST) return undefined;
  try {
    const claims: unknown = JSON.parse(Buffer.from(jwt.split(".")[1] ?? "", "base64url").toString("utf8"));
    const { exp } = claims as { exp?: unknown };
    return typeof exp === "number" && exp > 0 && Number.isFinite(exp) ? exp * 1000 : undefined;
  } catch {
    return undefined;
  }
}
