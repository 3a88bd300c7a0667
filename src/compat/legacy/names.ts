/** What no name of a stream or consumer may hold, and how it is shown. */
const FORBIDDEN: Record<string, string> = {
  ".": ".",
  "*": "*",
  ">": ">",
  "/": "/",
  "\\": "\\",
  " ": " ",
  "\t": "\\t",
  "\n": "\\n",
  "\r": "\\r",
};

/** Refuses what cannot be the name of a stream or a consumer: it becomes part of a subject. */
export function checkName(kind: "stream" | "durable", name: string): string {
  if (typeof name !== "string" || name === "") throw new Error(`${kind} name required`);
  for (const [bad, shown] of Object.entries(FORBIDDEN)) {
    if (name.includes(bad)) throw new Error(`invalid ${kind} name - ${kind} name cannot contain '${shown}'`);
  }
  return name;
}
