import { ServiceError } from "@nats-io/services";
import { expect } from "vitest";
import type { Connection } from "../../src/index.js";
import { olderMsg, svcm } from "./older-core.js";

/**
 * Everything that the services package does with a connection.
 *
 * @param own who asks the service
 */
export async function exerciseServices(nc: Connection, own: Connection = nc): Promise<void> {
  const services = svcm(nc);
  const service = await services.add({
    name: "calc",
    version: "1.2.3",
    queue: "q",
    metadata: { of: "numbers" },
  });
  service.addEndpoint("double", (error, msg) => {
    if (error === null) msg.respond(`${Number(msg.string()) * 2}`);
  });
  const group = service.addGroup("admin").addGroup("deep");
  const iterated = group.addEndpoint("fail");
  void (async () => {
    for await (const msg of iterated) msg.respondError(400, "never");
  })();
  service.addEndpoint("throws", () => {
    throw new Error("thrown by the handler");
  });
  expect((await own.request("double", "21")).string()).toBe("42");
  const failed = await own.request("admin.deep.fail");
  expect(ServiceError.toServiceError(olderMsg(failed))).toMatchObject({ code: 400, message: "never" });
  expect(ServiceError.isServiceError(olderMsg(await own.request("throws")))).toBe(true);
  const client = services.client();
  const gather = async <T>(answers: Promise<AsyncIterable<T>>): Promise<T[]> => {
    const all: T[] = [];
    for await (const answer of await answers) all.push(answer);
    return all;
  };
  expect(await gather(client.ping("calc"))).toMatchObject([{ name: "calc", version: "1.2.3" }]);
  const [info] = await gather(client.info("calc"));
  expect(info.endpoints?.map(({ name }) => name)).toEqual(["double", "fail", "throws"]);
  const [stats] = await gather(client.stats("calc"));
  expect(stats.endpoints?.map(({ num_requests }) => num_requests)).toEqual([1, 1, 1]);
  service.reset();
  expect(await service.stop()).toBeNull();
  expect(service.isStopped).toBe(true);
  expect(own.isClosed()).toBe(false);
}
