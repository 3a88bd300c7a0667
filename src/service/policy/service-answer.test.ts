import { describe, expect, it } from "vitest";
import { headers, type Msg } from "../../index.js";
import { serviceErrorOf } from "./service-answer.js";

function answer(values: Record<string, string>): Msg {
  const hdrs = headers();
  for (const [name, value] of Object.entries(values)) hdrs.set(name, value);
  return { headers: hdrs } as Msg;
}

describe("an answer is a service's error", () => {
  it.each<[Record<string, string>, number, string]>([
    [{ "Nats-Service-Error": "no such order", "Nats-Service-Error-Code": "404" }, 404, "no such order"],
    [{ "Nats-Service-Error-Code": "503" }, 503, 'the service of "orders" has answered with error 503'],
    [{ "Nats-Service-Error": "broken" }, 500, "broken"],
    [{ "Nats-Service-Error": "broken", "Nats-Service-Error-Code": "-1" }, 500, "broken"],
    [{ "Nats-Service-Error": "broken", "Nats-Service-Error-Code": "NaN" }, 500, "broken"],
    [{ "Nats-Service-Error": "a\u0007b", "Nats-Service-Error-Code": "400" }, 400, "a b"],
  ])("%o", (values, serviceCode, message) => {
    const error = serviceErrorOf(answer(values), "orders");
    expect(error).toMatchObject({ code: "SERVICE_ERROR", subject: "orders", retryable: false, serviceCode });
    expect(error?.message).toBe(message);
  });

  it("with a text of bounded length", () => {
    const error = serviceErrorOf(answer({ "Nats-Service-Error": "x".repeat(1_000_000) }), "orders");
    expect(error?.message.length).toBeLessThan(1100);
  });
});

it("other answers are none", () => {
  expect(serviceErrorOf({} as Msg, "orders")).toBeUndefined();
  expect(serviceErrorOf(answer({ "Nats-Service": "x" }), "orders")).toBeUndefined();
});
