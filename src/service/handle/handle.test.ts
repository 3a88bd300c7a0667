import { expect, expectTypeOf, it } from "vitest";
import { z } from "zod";
import type { Connection, Msg } from "../../index.js";
import { handle } from "./handle.js";

it("the data has the type of the schema, of the codec, or of the handler's parameter", () => {
  const types = (nc: Connection) => {
    handle(nc, "a", (data) => expectTypeOf(data).toEqualTypeOf<unknown>());
    handle(nc, "a", (order: { id: number }) => order.id);
    handle(nc, "a", (order) => expectTypeOf(order).toEqualTypeOf<{ id: number }>(), {
      schema: z.object({ id: z.number() }),
    });
    handle(nc, "a", (order) => order.id, {
      schema: z.object({ id: z.coerce.number() }),
      key: (order) => String(order.id),
      onError: (error, { attempt, signal }) => [error.code, attempt, signal.aborted],
    });
    handle(nc, "a", (msg: Msg) => msg.subject, { codec: "none" });
    handle<string>(nc, "a", (text) => text.length, { codec: "string" });
  };
  expect(types).toBeTypeOf("function");
});
