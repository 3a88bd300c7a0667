import * as api from "@opentelemetry/api";
import { describe, expect, it } from "vitest";
import { SubjectNames } from "./subject-names.js";
import { Troubles } from "./troubles.js";

const troubles = new Troubles(api);
const names = (subjects: boolean, inboxPrefix?: string) =>
  new SubjectNames(
    { subjects, template: (subject) => subject.replace(/\d+/, "{id}") },
    inboxPrefix,
    troubles,
  );

it("knows inboxes by the usual prefix and by its own", () => {
  const all = ["_INBOX.x", "_MINE.x", "_MINEX.y", "_INBOX", "inbox.x"];
  expect(all.filter((subject) => names(true).isInbox(subject))).toEqual(["_INBOX.x"]);
  expect(all.filter((subject) => names(true, "_MINE").isInbox(subject))).toEqual(["_INBOX.x", "_MINE.x"]);
});

describe("a destination", () => {
  const describeIt = (subject: string, isTemporary: boolean, subjects = true) => {
    const attributes = {};
    return [names(subjects).describe(attributes, subject, isTemporary), attributes];
  };

  it("has its name and its template", () => {
    expect(describeIt("orders.17", false)).toEqual([
      "orders.{id}",
      { "messaging.destination.name": "orders.17", "messaging.destination.template": "orders.{id}" },
    ]);
  });

  it("has its template alone when subjects are hidden", () => {
    expect(describeIt("orders.17", false, false)).toEqual([
      "orders.{id}",
      { "messaging.destination.template": "orders.{id}" },
    ]);
  });

  it("that is temporary has no template, and is the conversation", () => {
    const temporary = { "messaging.destination.temporary": true, "messaging.destination.anonymous": true };
    expect(describeIt("_INBOX.17", true)).toEqual([
      undefined,
      {
        ...temporary,
        "messaging.destination.name": "_INBOX.17",
        "messaging.message.conversation_id": "_INBOX.17",
      },
    ]);
    expect(describeIt("_INBOX.17", true, false)).toEqual([undefined, temporary]);
  });
});

it.each([[""], [undefined], [17], [null]])("a template that is %j is none", (given) => {
  const broken = new SubjectNames({ subjects: true, template: () => given as string }, undefined, troubles);
  expect(broken.templateOf("a")).toBeUndefined();
});
