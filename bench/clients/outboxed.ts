import { join } from "node:path";
import { outboxesOf, ownFolder } from "../works/outbox-place.js";
import type { Library, Where } from "./client.js";
import { holdfastOn, loadHoldfast } from "./holdfast.js";

/** Holdfast with an outbox for what its buffer has no room for: nothing, as long as it is connected. */
export async function outboxed(where: Where, library: string | undefined): Promise<Library> {
  const { openOutbox } = await outboxesOf(library);
  const outbox = await openOutbox({ path: join(ownFolder(), "outbox") });
  return holdfastOn(await (await loadHoldfast(where, library))({ outbox }));
}
