/** What the integrations have in common: a service that takes orders, and answers who asks for one. */
import { type Connection, type HoldfastError, isHoldfastError } from "holdfast";
import { handle } from "holdfast/service";
import { z } from "zod";

export const NewOrder = z.object({ item: z.string().min(1).max(100), count: z.int().min(1).max(1_000) });
export const Order = NewOrder.extend({ id: z.uuid() });
export type Order = z.infer<typeof Order>;

/** An error with a code from 400 to 599 is answered with this code and its text. */
class NotFound extends Error {
  readonly code = 404;
}

/** Handles what comes from NATS. Several of these may run: `queue` shares the work. */
export function handleOrders(nc: Connection): void {
  const orders = new Map<string, Order>();
  const lookUp = () => new Promise((resolve) => setTimeout(resolve, Number(process.env.WORK ?? 0))); // a database

  handle(nc, "orders.placed", (order: Order) => void orders.set(order.id, order), {
    queue: "orders",
    schema: Order,
    deadLetter: "dead.orders",
  });
  handle(
    nc,
    "orders.get",
    async ({ id }: { id: string }) => {
      await lookUp();
      const order = orders.get(id);
      if (order === undefined) throw new NotFound("no such order");
      return order;
    },
    { queue: "orders", concurrency: 100, retries: 0 },
  );
}

/** What an error of NATS is in HTTP. */
export function statusOf(error: unknown): number {
  if (!isHoldfastError(error)) return 500;
  if (error.code === "SERVICE_ERROR") return (error as { serviceCode?: number }).serviceCode ?? 502;
  if (error.code === "NO_RESPONDERS") return 502;
  return (error as HoldfastError).retryable ? 503 : 500; // 503: no link, buffer full, too slow; the same request may succeed later
}
