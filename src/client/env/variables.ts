import { BEHAVIOUR_THEMES } from "./behaviour-variables.js";
import { LINK_THEMES } from "./link-variables.js";
import type { OptionPath, Theme, Variable } from "./variable.js";

/** All variables, in the order in which they are shown. Parsing, `describe()` and docs/configuration.md go by this table. */
export const THEMES = [...LINK_THEMES, ...BEHAVIOUR_THEMES] as const satisfies readonly Theme[];

/** All variables. */
export const VARIABLES: readonly Variable[] = (THEMES as readonly Theme[]).flatMap(
  ({ variables }) => variables,
);

const byName = new Map(VARIABLES.map((variable) => [variable.name, variable]));

/** The variable with this name. */
export function variable(name: VariableName): Variable {
  return byName.get(name)!;
}

export type VariableName = (typeof THEMES)[number]["variables"][number]["name"];
type SetByVariable = (typeof THEMES)[number]["variables"][number]["option"];

const CALLBACK = "a function of the program";
const CALLED = "a function of the program; its event tells the same";

/** Options without a variable, and why. An option that is in neither table does not compile. */
export const WITHOUT_VARIABLE: Readonly<Record<Exclude<OptionPath, SetByVariable>, string>> = {
  port: "NATS_SERVERS says it, and Kubernetes sets NATS_PORT for a service called nats",
  "tls.ca": "NATS_CA names the file",
  "tls.cert": "NATS_CERT names the file",
  "tls.key": "NATS_KEY names the file",
  "tls.checkServerIdentity": CALLBACK,
  reconnectDelayHandler: CALLBACK,
  reconnectToServer: CALLBACK,
  dialer: CALLBACK,
  beforeReplay: CALLBACK,
  outbox: "openOutbox() makes it",
  connectedCb: CALLED,
  closedCb: CALLED,
  disconnectedCb: CALLED,
  reconnectedCb: CALLED,
  reconnectErrCb: CALLED,
  discoveredServersCb: CALLED,
  asyncErrorCb: CALLED,
  lameDuckCb: CALLED,
};
