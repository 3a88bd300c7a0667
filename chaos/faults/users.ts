import { APP, WITNESS } from "../protocol.js";

/**
 * Configuration that says who may come in; the witness always may. Servers have it in every trial: one that knows no users
 * sends those away who have named themselves, when it loads its configuration again.
 */
export function users(pass: string = APP.pass, permissions = ""): string {
  const app = `{ user: "${APP.user}", password: "${pass}" ${permissions} }`;
  const witness = `{ user: "${WITNESS.user}", password: "${WITNESS.pass}" }`;
  return `authorization { users: [ ${app}, ${witness} ] }`;
}
