/** The fields of a CONNECT that a server looks at. */
export interface ConnectFields {
  readonly verbose?: boolean;
  readonly pedantic?: boolean;
  readonly echo?: boolean;
  readonly headers?: boolean;
  readonly no_responders?: boolean;
  readonly protocol?: number;
  readonly user?: string;
  readonly pass?: string;
  readonly auth_token?: string;
  readonly name?: string;
  readonly lang?: string;
  readonly version?: string;
}

const TYPES: Readonly<Record<keyof ConnectFields, "boolean" | "integer" | "string">> = {
  verbose: "boolean",
  pedantic: "boolean",
  echo: "boolean",
  headers: "boolean",
  no_responders: "boolean",
  protocol: "integer",
  user: "string",
  pass: "string",
  auth_token: "string",
  name: "string",
  lang: "string",
  version: "string",
};

/**
 * Reads the JSON of a CONNECT as Go does: names in any case, `null` for nothing. Undefined when it is no object, or a field has
 * a wrong type. Unknown fields are ignored.
 */
export function readConnect(json: string): ConnectFields | undefined {
  let given: unknown;
  try {
    given = JSON.parse(json);
  } catch {
    return undefined;
  }
  if (typeof given !== "object" || Array.isArray(given)) return undefined;
  const fields: Record<string, unknown> = {};
  for (const [key, value] of Object.entries(given ?? {})) {
    const name = key.toLowerCase();
    if (value === null || !Object.hasOwn(TYPES, name)) continue;
    const type = TYPES[name as keyof ConnectFields];
    const fits = type === "integer" ? Number.isInteger(value) : typeof value === type;
    if (!fits) return undefined;
    fields[name] = value;
  }
  return fields;
}
