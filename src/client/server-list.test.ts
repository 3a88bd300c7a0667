import { expect, it } from "vitest";
import { hostOf, splitServers } from "./server-list.js";

it.each([
  ["h", ["h"]],
  ["h:1, i:2", ["h:1", " i:2"]],
  ["nats://me:a@h,nats://me:b@i", ["nats://me:a@h", "nats://me:b@i"]],
  ["me:a@h,me:b@i", ["me:a@h", "me:b@i"]],
  ["me:a@h,me:b@i,j,k", ["me:a@h", "me:b@i", "j", "k"]],
  ["t0ken@h, t0ken@i", ["t0ken@h", " t0ken@i"]],
  ["nats://me:a@h,me:b@i", ["nats://me:a@h", "me:b@i"]],
  ["h,nats://me:b@i", ["h", "nats://me:b@i"]],
  ["nats://me:a@h,nats://you:b@i", ["nats://me:a@h", "nats://you:b@i"]],
  ["wss://h/a?b=c, wss://i/a?b=c", ["wss://h/a?b=c", " wss://i/a?b=c"]],
  ["wss://h/a?b=c,", ["wss://h/a?b=c", ""]],
  ["wss://h/a,wss://i", ["wss://h/a", "wss://i"]],
])("servers with commas between them: %s", (text, entries) => {
  expect(splitServers(text)).toEqual(entries);
});

it.each([
  "nats://me:a,b@h",
  "nats://me:12,34@h",
  "me:a,b@h",
  "h, me:a@i",
  "nats://t,oken@h",
  "nats://me:a@,b@h,nats://i",
  "nats://me:a@x,b@h",
  "nats://me:a@x,b,c@h",
  "me:a@x,b@h",
  "me:a@x,b:c@h",
  "t@x,oken@h",
  "wss://h/nats?token=a,b",
  "wss://h?token=a,b&c=d,wss://i",
])("servers whose comma may be part of a password: %s", (text) => {
  expect(splitServers(text)).toBeUndefined();
});

it("a host is told without what stands around it", () => {
  expect(hostOf(" wss://me:a,b@h,i:1/a,b?c ")).toBe("h,i:1");
  expect(hostOf("h")).toBe("h");
});
