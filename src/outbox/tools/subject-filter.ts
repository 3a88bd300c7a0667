/** What is wrong with a filter for subjects, for option checks; undefined when nothing is. */
export function wrongFilter(value: unknown): string | undefined {
  const wrong = 'must be a subject as in subscriptions, such as "orders.new", "orders.*" or "orders.>"';
  if (typeof value !== "string" || value === "" || /[\s\p{Cc}]/u.test(value)) return wrong;
  const tokens = value.split(".");
  const fits = tokens.every((token, at) => token !== "" && (token !== ">" || at === tokens.length - 1));
  return fits ? undefined : wrong;
}

/** Whether a subscription to `filter` would get what is published to a subject. */
export function subjectFilter(filter: string | undefined): (subject: string) => boolean {
  if (filter === undefined || filter === ">") return () => true;
  const wanted = filter.split(".");
  const rest = wanted.at(-1) === ">";
  return (subject) => {
    const tokens = subject.split(".");
    if (rest ? tokens.length < wanted.length : tokens.length !== wanted.length) return false;
    return wanted.every((token, at) => token === "*" || token === ">" || token === tokens[at]);
  };
}
