import { codedError } from "../../checks/coded-error.js";
import type { HoldfastError } from "../../index.js";
import type { OutboxOwner } from "./report.js";

/** Refused, because a process has the outbox. */
export function ownedBy({ pid, host }: OutboxOwner, path: string): HoldfastError {
  return codedError("OUTBOX_IN_USE", `outbox ${path} is in use by process ${pid} on ${host}`, {
    operation: "lock",
    path,
  });
}
