import { request } from "holdfast/service";
import { failed } from "../../../../lib/failed.js";
import { nats } from "../../../../lib/nats.js";

/** Asks for an order: 503 in an outage of NATS. */
export async function GET(_, { params }) {
  const { id } = await params;
  try {
    const options = { timeout: 3_000, retry: false };
    return Response.json(await request(await nats(), "orders.get", { id }, options));
  } catch (error) {
    return failed(error);
  }
}
