import { handle } from "holdfast/service";
import { z } from "zod";

export const NewOrder = z.object({ item: z.string().min(1).max(100), count: z.int().min(1).max(1_000) });
const Order = NewOrder.extend({ id: z.uuid() });

/** An error with a code from 400 to 599 is answered with this code and its text. */
class NotFound extends Error {
  code = 404;
}

/** Handles what comes from NATS; called once, by server.js. */
export function handleOrders(nc) {
  const orders = new Map();
  const lookUp = () => new Promise((resolve) => setTimeout(resolve, Number(process.env.WORK ?? 0))); // a database

  handle(nc, "orders.placed", (order) => void orders.set(order.id, order), {
    queue: "orders",
    schema: Order,
    deadLetter: "dead.orders",
  });
  handle(
    nc,
    "orders.get",
    async ({ id }) => {
      await lookUp();
      const order = orders.get(id);
      if (order === undefined) throw new NotFound("no such order");
      return order;
    },
    { queue: "orders", concurrency: 100, retries: 0 },
  );
}
