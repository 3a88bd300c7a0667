/**
 * Longest control line that a server takes with its default settings, in bytes without the line end
 * (`max_control_line`, nats-server 2.x). A longer one costs the connection, so it is refused at the call.
 */
export const MAX_CONTROL_LINE = 4096;

/** What a server may put on one line to us, other than INFO: subject, reply and sizes with room to spare. */
export const MAX_SERVER_LINE = 16 * 1024;

/** Longest INFO line that is taken from a server: a cluster's `connect_urls` can be many. */
export const MAX_INFO_LINE = 1024 * 1024;

/** Largest payload (with headers) that is ever taken from a server: the hard limit of nats-server, 64 MiB. */
export const MAX_INBOUND_PAYLOAD = 64 * 1024 * 1024;

/** `max_payload` of a server in its default settings; holds until the first INFO says otherwise. */
export const DEFAULT_MAX_PAYLOAD = 1024 * 1024;
