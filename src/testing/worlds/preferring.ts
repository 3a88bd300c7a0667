import { NOT_PREFERRED, type Preference } from "../../core/preference.js";

/** Prefers the servers of a list by their names, in its order; `named`: by what their INFO says. */
export function preferring(names: string, named = false): Preference {
  return {
    needsInfo: named,
    rank: (server) => {
      const name = named ? server.info?.server_name : server.address.hostname;
      const at = names.split(" ").indexOf(name ?? "");
      return at === -1 ? NOT_PREFERRED : at;
    },
    outage() {},
    reached() {},
  };
}
