import type { Client } from "./client.js";
import type { Publication } from "./drafts.js";
import type { Sent } from "./sent.js";

/** A request whose answers go to a subscription of the application; it stops at its deadline. */
export function requestMany(client: Client, { draft, payload }: Publication): Sent | undefined {
  const { engine, asking, intake, world } = client;
  const asked = draft.asked!;
  return intake.judge(draft, engine.outbound.urgent, () => {
    const stop = engine.requestTo(draft.reply, draft.subject, payload, draft.headers, asking.onFail(asked));
    asking.open.add(asked);
    world.clientIn(asked.deadline - world.now, () => {
      if (asked.settled !== undefined) return;
      asked.settled = "stopped";
      asking.open.delete(asked);
      stop();
    });
  });
}
