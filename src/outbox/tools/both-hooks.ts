import { invalidOption } from "../../checks/invalid.js";
import type { BodyHook } from "../journal/options.js";

/**
 * For what writes batches anew: read with a key and written without it, they would be in clear.
 *
 * @throws an error with code `INVALID_OPTION` when only one of them is there
 */
export function checkBothHooks({ encrypt, decrypt }: { encrypt?: BodyHook; decrypt?: BodyHook }): void {
  if ((encrypt === undefined) === (decrypt === undefined)) return;
  throw invalidOption(encrypt === undefined ? "encrypt" : "decrypt", "is missing: the other one is given");
}
