import type { Broker } from "../broker/broker.js";
import { permits } from "../broker/permissions.js";
import type { ServerSettings } from "../broker/settings.js";
import type { TestServerOptions } from "./options.js";

/** The settings of a server with these options, and nats-server's defaults. */
export function settingsOf(
  options: TestServerOptions,
  name: string,
  host: string,
  port: number,
): ServerSettings {
  const { user, pass, token, permissions } = options;
  return {
    name,
    host,
    port,
    user,
    pass,
    token,
    permissions,
    requireAuth: user !== undefined || token !== undefined,
    authTimeout: options.authTimeout ?? 2000,
    headers: options.headers ?? true,
    maxPayload: options.maxPayload ?? 1024 * 1024,
    maxControlLine: options.maxControlLine ?? 4096,
    maxConnections: options.maxConnections ?? 65_536,
    maxSubscriptions: options.maxSubscriptions,
    maxPending: options.maxPending ?? 64 * 1024 * 1024,
    pingInterval: options.pingInterval ?? 120_000,
    maxPingsOut: options.pingMax ?? 2,
  };
}

/** Has a server go on with other options. Those that it would not take now, it lets go. */
export function applyReload(broker: Broker, options: TestServerOptions): void {
  const { settings } = broker;
  const { user, pass, token } = settings;
  Object.assign(settings, settingsOf(options, settings.name, settings.host, settings.port));
  const authChanged = user !== settings.user || pass !== settings.pass || token !== settings.token;
  for (const client of [...broker.clients]) {
    if (authChanged && !broker.authenticate(client.fields)) {
      client.expel("Authorization Violation");
      continue;
    }
    for (const sub of [...client.subs.values()]) {
      if (permits(settings.permissions?.subscribe, sub.subject)) continue;
      client.unpermitted(sub);
    }
  }
  const { maxConnections = Number.POSITIVE_INFINITY } = settings;
  for (const client of [...broker.clients].slice(maxConnections))
    client.expel("maximum connections exceeded");
}
