/** Contents of files that hold secrets: several lines, PEM, JWTs, URLs with credentials, and seeds or keys, whatever the quotes around them. */
const CONTENTS = /[\r\n]|:\/\/.*@|-----BEGIN|eyJ[\w-]{20,}|[A-Z2-7]{40,}/i;

/**
 * Whether a text that should be the path of a file is what stands in one: a mistake that is made with environment variables. It must
 * not be shown then.
 */
export function isContents(path: string): boolean {
  return CONTENTS.test(path) || path.length > 4096;
}

/** Whether a text is surely the path of a file: what has no folder in it may be a short secret that stands in the wrong place. */
export function isSurelyPath(path: string): boolean {
  return !isContents(path) && !path.includes("://") && /^[.~]|[\\/]/.test(path);
}
