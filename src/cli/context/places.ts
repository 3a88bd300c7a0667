import { readdirSync } from "node:fs";
import { homedir } from "node:os";
import { join } from "node:path";
import { readSmall } from "./read-small.js";

/** Where the `nats` command keeps its contexts: `$XDG_CONFIG_HOME/nats`, else `~/.config/nats`. */
export function contextFolder(variables: NodeJS.ProcessEnv): string {
  const { XDG_CONFIG_HOME: config, HOME: home } = variables;
  const parent =
    config !== undefined && config !== ""
      ? config
      : join(home !== undefined && home !== "" ? home : homedir(), ".config");
  return join(parent, "nats");
}

/** Names of the contexts that there are, sorted. */
export function knownContexts(variables: NodeJS.ProcessEnv): string[] {
  try {
    return readdirSync(join(contextFolder(variables), "context"))
      .filter((file) => file.endsWith(".json"))
      .map((file) => file.slice(0, -".json".length))
      .sort();
  } catch {
    return [];
  }
}

/** The context that `nats context select` has selected; undefined when none is. */
export function selectedContext(variables: NodeJS.ProcessEnv): string | undefined {
  try {
    const name = readSmall(join(contextFolder(variables), "context.txt")).trim();
    return name === "" ? undefined : name;
  } catch {
    return undefined;
  }
}
