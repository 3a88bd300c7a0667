/**
 * Circuit breaker: a service that fails is left alone for a while, then asked once, and used again when it answers.
 *
 * By hand: a class with three states, a counter of failures, and a clock, around every request. Here: a policy, which has a breaker for
 * each subject; health and metrics show them.
 *
 * Run it: npm run example -- circuit-breaker   (it wants somebody who answers "billing.charge")
 */
import { connect, isHoldfastError, optionsFromEnv } from "holdfast";
import { gracefulShutdown, policy, request } from "holdfast/service";

const EVERY = Number(process.env.EVERY ?? 500);
const nc = await connect(optionsFromEnv());
const billing = policy({
  name: "billing",
  timeout: Number(process.env.TIMEOUT ?? 5_000),
  retry: false, // the next charge is the next try
  breaker: { failures: 5, halfOpenAfter: Number(process.env.HALF_OPEN_AFTER ?? 30_000) },
});
billing.on("breaker", ({ subject, from, to }) => console.log(`breaker of ${subject}: ${from} -> ${to}`));

const { signal } = gracefulShutdown(nc);
for (let id = 1; !signal.aborted; id++) {
  try {
    const receipt = await request<{ number: number }>(nc, "billing.charge", { id, euros: 5 }, billing);
    console.log(`charged ${id}: receipt ${receipt.number}`);
  } catch (error) {
    // SERVICE_ERROR, TIMEOUT, NO_RESPONDERS; CIRCUIT_OPEN: it was not even sent
    console.log(`not charged ${id}: ${isHoldfastError(error) ? error.code : error}`);
  }
  await new Promise((resolve) => setTimeout(resolve, EVERY));
}
