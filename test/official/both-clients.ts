import type { NatsConnection } from "@nats-io/nats-core";
import type { NatsConnectionImpl } from "@nats-io/nats-core/internal";
import { connect as connectOfficial, type NodeConnectionOptions } from "@nats-io/transport-node";
import { afterAll, afterEach, beforeAll, describe } from "vitest";
import { connect } from "../../src/index.js";
import type { NatsServerOptions } from "../../src/testing/launcher/options.js";
import { NatsServer } from "../../src/testing/server.js";

/** A connection of either client: the documented interface, and what nats.js has beyond it. */
export type EitherConnection = NatsConnection &
  Pick<
    NatsConnectionImpl,
    "context" | "features" | "getServerVersion" | "_resub" | "addCloseListener" | "removeCloseListener"
  >;

/** One server, and connections of one of the clients to it, which are closed after each test. */
export interface Stage {
  readonly server: NatsServer;
  connect(options?: NodeConnectionOptions): Promise<EitherConnection>;
}

/**
 * The same assertions on nats.js and on Holdfast: that they hold for nats.js shows that they say what its programs
 * rely on.
 */
export function onBothClients(
  what: string,
  options: NatsServerOptions,
  tests: (stage: Stage, client: "nats.js" | "holdfast") => void,
): void {
  describe.each([["nats.js", connectOfficial] as const, ["holdfast", connect] as const])(
    `%s: ${what}`,
    (client, connectWith) => {
      let server: NatsServer;
      const open: EitherConnection[] = [];
      beforeAll(async () => {
        server = await NatsServer.start(options);
      });
      afterEach(async () => {
        for (const nc of open.splice(0)) await nc.close();
      });
      afterAll(() => server?.close());
      const stage: Stage = {
        get server() {
          return server;
        },
        async connect(given = {}) {
          const dial = connectWith as (options: NodeConnectionOptions) => Promise<NatsConnection>;
          const nc = (await dial({ servers: server.url, ...given })) as EitherConnection;
          open.push(nc);
          return nc;
        },
      };
      tests(stage, client);
    },
  );
}
