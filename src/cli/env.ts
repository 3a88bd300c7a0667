import { type HoldfastError, optionsFromEnv } from "../index.js";

/** What `holdfast env` prints. */
export interface EnvReport {
  /** Whether `connect(optionsFromEnv())` would take it. */
  ok: boolean;
  text: string;
}

/** The variables that configure a client, what is in force by those of this process, and whether it would be taken. Never throws. */
export function env(variables: NodeJS.ProcessEnv, format: "text" | "markdown"): EnvReport {
  const table = optionsFromEnv.describe({ env: variables, format });
  try {
    optionsFromEnv(variables);
    return { ok: true, text: table };
  } catch (error) {
    const { code, message } = error as HoldfastError;
    return { ok: false, text: `${table}\n\nrefused: ${message} (${code})` };
  }
}
