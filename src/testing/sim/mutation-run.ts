import { catchMutation } from "./catch.js";
import { KEEPING_MUTATIONS } from "./keeping-mutations.js";
import { MOVE_MUTATIONS } from "./move-mutations.js";
import { DELIVERY_MUTATIONS } from "./mutations.js";
import { SPARE_MUTATIONS } from "./spare-mutations.js";

/** Switches off one safeguard after the other and prints how each was noticed; returns the exit code. */
export function runMutations(print: (line: string) => void): number {
  let missed = 0;
  const all = [...DELIVERY_MUTATIONS, ...KEEPING_MUTATIONS, ...MOVE_MUTATIONS, ...SPARE_MUTATIONS];
  for (const mutation of all) {
    const { caught, noticed } = catchMutation(mutation);
    if (caught !== undefined) {
      print(`caught by "${caught.rule}" with seed ${caught.seed}: ${mutation.name}`);
      continue;
    }
    missed++;
    print(
      `NOT CAUGHT: ${mutation.name} (rules ${mutation.rules.join(", ")}; noticed: ${noticed.join(", ")})`,
    );
  }
  print(`${all.length} mutations, ${all.length - missed} caught, ${missed} not`);
  return missed === 0 ? 0 : 1;
}
