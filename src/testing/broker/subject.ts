/** Whether a pattern with wildcards covers a subject. In a subject that is itself a pattern, a wildcard is a token like any other. */
export function covers(pattern: string, subject: string): boolean {
  const wanted = pattern.split(".");
  const tokens = subject.split(".");
  for (let i = 0; i < wanted.length; i++) {
    if (wanted[i] === ">") return tokens.length > i;
    if (i >= tokens.length || (wanted[i] !== "*" && wanted[i] !== tokens[i])) return false;
  }
  return wanted.length === tokens.length;
}

/** Whether there is a subject that both patterns cover. */
export function overlaps(a: string, b: string): boolean {
  const left = a.split(".");
  const right = b.split(".");
  for (let i = 0; i < left.length && i < right.length; i++) {
    if (left[i] === ">" || right[i] === ">") return true;
    if (left[i] !== "*" && right[i] !== "*" && left[i] !== right[i]) return false;
  }
  return left.length === right.length;
}

/** Whether it may be subscribed: no empty tokens, and `>` only at its end. */
export function isValidSubject(subject: string): boolean {
  const tokens = subject.split(".");
  return tokens.every((token, at) => token !== "" && (token !== ">" || at === tokens.length - 1));
}

/** Whether it may be published to: no empty tokens, and none that is a wildcard. */
export function isLiteralSubject(subject: string): boolean {
  // Most subjects have neither a dot beside a dot nor a wildcard anywhere.
  if (subject !== "" && !/\.\.|^\.|\.$|[*>]/.test(subject)) return true;
  return subject.split(".").every((token) => token !== "" && token !== ">" && token !== "*");
}
