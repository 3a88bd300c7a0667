/** Whether it is a subject that can be published to: tokens between dots, no wildcards, nothing invisible. */
export function isLiteralSubject(subject: unknown): subject is string {
  return (
    typeof subject === "string" &&
    subject !== "" &&
    !/[\s\p{Cc}]/u.test(subject) &&
    subject.split(".").every((token) => token !== "" && token !== "*" && token !== ">")
  );
}

/** Whether a token of it is a wildcard. */
export function hasWildcard(subject: string): boolean {
  return subject.split(".").some((token) => token === "*" || token === ">");
}

/** Whether a subscription to `pattern` gets what is published to `subject`. */
export function subjectMatches(pattern: string, subject: string): boolean {
  const wanted = pattern.split(".");
  const tokens = subject.split(".");
  for (const [at, token] of wanted.entries()) {
    if (at >= tokens.length) return false;
    if (token === ">") return true;
    if (token !== "*" && token !== tokens[at]) return false;
  }
  return wanted.length === tokens.length;
}
