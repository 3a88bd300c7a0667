import type { IPolicy } from "cockatiel";
import { codedError } from "../../checks/coded-error.js";
import { follow, orAborted } from "./waiting.js";

/** A policy of cockatiel's, or what has its `execute()`. */
export type ForeignPolicy = Pick<IPolicy, "execute">;

/** What a request says for itself where the policy is not ours. */
export interface ForeignCall {
  readonly subject: string;
  /** ms of one try; default 5,000. */
  readonly timeout: number | undefined;
  readonly totalTimeout: number | undefined;
  readonly signal: AbortSignal | undefined;
}

/**
 * Sends by a policy of cockatiel's. Its signal ends the wait for a try; the caller's, and the end of `totalTimeout`, end the call, whatever
 * the policy does then.
 */
export async function executeForeign(
  policy: ForeignPolicy,
  send: (timeout: number, abandoned?: AbortSignal) => Promise<unknown>,
  { subject, timeout = 5000, totalTimeout, signal }: ForeignCall,
): Promise<unknown> {
  signal?.throwIfAborted();
  const total = new AbortController();
  const ended = total.signal;
  const untie = follow(total, signal);
  const timer =
    totalTimeout === undefined ? undefined : setTimeout(() => total.abort(tooLong()), totalTimeout);
  const tooLong = () => {
    const text = `no answer within ${totalTimeout} ms (totalTimeout)`;
    return codedError("TIMEOUT", text, { subject, maybeDelivered: true });
  };
  const attempt = async (context: { signal?: AbortSignal } | undefined) => {
    ended.throwIfAborted();
    signal?.throwIfAborted();
    context?.signal?.throwIfAborted();
    return orAborted(send(timeout, context?.signal ?? ended), context?.signal);
  };
  try {
    return await orAborted((async () => policy.execute(attempt, ended))(), ended);
  } finally {
    clearTimeout(timer);
    untie();
  }
}
