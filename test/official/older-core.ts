import { type ServiceMsg, Svcm } from "@nats-io/services";
import type { Connection, Msg } from "../../src/index.js";

/**
 * `@nats-io/services` 3.0.0-25 brings an older nats-core along, whose types fit those of nats-core 3.4 nowhere: not even
 * for a connection of nats.js. At run time they do; test/types.test.ts compiles it against one nats-core.
 */
export function svcm(nc: Connection): Svcm {
  return new Svcm(nc as unknown as ConstructorParameters<typeof Svcm>[0]);
}

/** An answer as the services package types it. */
export function olderMsg(msg: Msg): Pick<ServiceMsg, keyof ServiceMsg & keyof Msg> {
  return msg as unknown as ServiceMsg;
}
