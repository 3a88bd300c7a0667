/** Who may do what {@link users} says. */
export const LIMITED = { user: "limited", pass: "p" };
/** Who may do everything. */
export const ALL = { user: "all", pass: "p" };

/** The part of a server's configuration that has both. @param permissions of {@link LIMITED}, as the server writes them */
export const users = (permissions: string) => `authorization {
  users: [ { user: limited, password: p, permissions: ${permissions} }, { user: all, password: p } ]
}`;
