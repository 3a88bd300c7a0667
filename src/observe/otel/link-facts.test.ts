import { expect, it } from "vitest";
import { serverOf } from "./link-facts.js";

it.each([
  ["127.0.0.1:4222", { "server.address": "127.0.0.1", "server.port": 4222 }],
  ["nats.example.com:4222", { "server.address": "nats.example.com", "server.port": 4222 }],
  ["[2001:db8::1]:4222", { "server.address": "2001:db8::1", "server.port": 4222 }],
  ["gate.example.com:443/nats", { "server.address": "gate.example.com", "server.port": 443 }],
  ["", {}],
  ["nonsense", {}],
])("of %s", (server, attributes) => expect(serverOf(server)).toEqual(attributes));
