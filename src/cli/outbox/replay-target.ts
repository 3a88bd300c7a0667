import type { OutboxReport } from "../../outbox/index.js";
import { WrongUse } from "./ended.js";
import { printable } from "./inspect.js";

/** Where `holdfast outbox replay` was told to send. */
export interface TargetOptions {
  stream?: string;
  domain?: string;
  /** Core NATS, whatever the outbox was for. */
  core?: boolean;
  /** The stream that it was for: {@link TargetOptions.stream} is another one, and that is meant. */
  insteadOf?: string;
}

/**
 * Refuses options that contradict each other.
 *
 * @throws WrongUse
 */
export function checkTarget({ stream, domain, core = false, insteadOf }: TargetOptions): void {
  if (core && stream !== undefined) throw new WrongUse("--core and --stream: leave one of them out");
  if (domain !== undefined && stream === undefined) throw new WrongUse("--domain needs --stream");
  if (insteadOf !== undefined && stream === undefined) throw new WrongUse("--instead-of needs --stream");
}

/**
 * Refuses to send somewhere else than the messages were meant for, as long as nobody has said that this is wanted: core NATS would confirm what no stream has, and a
 * misspelt stream park it.
 *
 * @throws WrongUse
 */
export function confirmTarget(
  { path, stream: was }: Pick<OutboxReport, "path" | "stream">,
  { stream, core = false, insteadOf }: TargetOptions,
): void {
  const outbox = `outbox ${printable(path)}`;
  if (insteadOf !== undefined && insteadOf !== was) {
    const truth = was === undefined ? "was for core NATS" : `was for stream "${printable(was)}"`;
    throw new WrongUse(`--instead-of: ${outbox} ${truth}, not for "${printable(insteadOf)}"`);
  }
  if (was === undefined || core || stream === was || insteadOf === was) return;
  const name = printable(was);
  throw new WrongUse(
    stream === undefined
      ? `${outbox} was for stream "${name}": add --stream ${name} to send there, or --core to insist on core NATS`
      : `${outbox} was for stream "${name}", not "${printable(stream)}": add --instead-of ${name} if that is meant`,
  );
}
