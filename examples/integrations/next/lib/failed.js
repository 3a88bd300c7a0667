import { isHoldfastError } from "holdfast";

/** The answer to a request that has failed. */
export function failed(error) {
  const status = statusOf(error);
  if (status === 500) console.error(error);
  return Response.json({ error: status === 500 ? "internal error" : error.message }, { status });
}

function statusOf(error) {
  if (!isHoldfastError(error)) return 500;
  if (error.code === "SERVICE_ERROR") return error.serviceCode;
  if (error.code === "NO_RESPONDERS") return 502;
  return error.retryable ? 503 : 500; // 503: no link, buffer full, too slow; the same request may succeed later
}
