import { randomUUID } from "node:crypto";
import { failed } from "../../../lib/failed.js";
import { nats } from "../../../lib/nats.js";
import { NewOrder } from "../../../lib/orders.js";

/** Takes an order, also in an outage of NATS: it is buffered then, and sent when there is a link again. */
export async function POST(request) {
  const order = NewOrder.safeParse(await request.json().catch(() => undefined));
  if (!order.success) return Response.json({ error: order.error.issues[0].message }, { status: 400 });
  try {
    const nc = await nats();
    const id = randomUUID();
    // false: more is waiting than is good; whoever sends so fast has to wait.
    if (!nc.publish("orders.placed", JSON.stringify({ ...order.data, id }))) await nc.writable();
    return Response.json({ id }, { status: 202 });
  } catch (error) {
    return failed(error);
  }
}
