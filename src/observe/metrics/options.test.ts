import { Registry } from "prom-client";
import { describe, expect, it } from "vitest";
import { normalizeSubject } from "../../index.js";
import { FAMILIES } from "./families.js";
import { toMetricsSettings } from "./options.js";

const register = new Registry();
const throwing = (message: string) =>
  new Proxy(
    {},
    {
      ownKeys() {
        throw new Error(message);
      },
    },
  );

describe("options of registerMetrics()", () => {
  it("have defaults", () => {
    for (const given of [undefined, {}, { register: undefined, labels: undefined, subjects: undefined }])
      expect(toMetricsSettings(given)).toEqual({
        register: undefined,
        prefix: "",
        labels: {},
        nameOf: undefined,
        limit: 100,
      });
    const { nameOf, limit } = toMetricsSettings({ subjects: true });
    expect([nameOf!("orders.17"), limit]).toEqual([normalizeSubject("orders.17"), 100]);
    expect(toMetricsSettings({ subjects: {} }).nameOf!("orders.17")).toBe("orders.{id}");
  });

  it("are taken as they are given, and copied", () => {
    const labels = { service: "orders", zone: "", _x9: 'a"b', gone: undefined };
    const settings = toMetricsSettings({ register, prefix: "Shop_1_", labels, subjects: { limit: 10_000 } });
    labels.service = "changed";
    expect(settings).toMatchObject({
      prefix: "Shop_1_",
      labels: { service: "orders", zone: "", _x9: 'a"b' },
      limit: 10_000,
    });
    expect(settings.labels).not.toHaveProperty("gone");
    expect(settings.register).toBe(register);
  });

  it.each<[string, unknown, string, RegExp]>([
    ["no object", 17, "", /must be an object/],
    ["null", null, "", /must be an object/],
    ["what cannot be read", throwing("no"), "", /cannot be read: no/],
    ["an unknown option", { foo: 1 }, "foo", /is unknown$/],
    ["a misspelt one", { registry: register }, "registry", /did you mean "register"\?/],
    ["another misspelt one", { subject: true }, "subject", /did you mean "subjects"\?/],
    ["a register that is null", { register: null }, "register", /must be a Registry/],
    ["a module", { register: { register } }, "register", /must be a Registry/],
    ["a class", { register: Registry }, "register", /must be a Registry/],
    [
      "a register that throws",
      {
        register: {
          get registerMetric() {
            throw new Error("x");
          },
        },
      },
      "register",
      /cannot be read: x/,
    ],
    ["a number as prefix", { prefix: 1 }, "prefix", /must be a string of letters/],
    ["a prefix with a dash", { prefix: "my-app_" }, "prefix", /must be a string of letters/],
    ["a prefix with a digit in front", { prefix: "1_" }, "prefix", /must be a string of letters/],
    ["a prefix of recording rules", { prefix: "a:b" }, "prefix", /must be a string of letters/],
    ["a prefix with a line break", { prefix: "a\n" }, "prefix", /must be a string of letters/],
    ["labels that are no object", { labels: "x" }, "labels", /must be an object/],
    ["labels as an array", { labels: ["x"] }, "labels", /must be an object/],
    ["labels that cannot be read", { labels: throwing("no") }, "labels", /cannot be read: no/],
    ["a label with a dash", { labels: { "a-b": "x" } }, "labels.a-b", /is no name of a label/],
    ["a label without a name", { labels: { "": "x" } }, "labels.", /is no name of a label/],
    ["a label with a digit in front", { labels: { "1a": "x" } }, "labels.1a", /is no name of a label/],
    ["an internal label", { labels: { __name__: "x" } }, "labels.__name__", /two underscores/],
    ["a label that is a number", { labels: { a: 1 } }, "labels.a", /must be a string/],
    ["a label that is null", { labels: { a: null } }, "labels.a", /must be a string/],
    ["subjects as a string", { subjects: "all" }, "subjects", /must be true, false or an object/],
    ["subjects as null", { subjects: null }, "subjects", /must be true, false or an object/],
    [
      "a misspelt one of subjects",
      { subjects: { normalise: () => "" } },
      "subjects.normalise",
      /"subjects.normalize"\?/,
    ],
    ["normalize that is none", { subjects: { normalize: /x/ } }, "subjects.normalize", /must be a function/],
    ["a limit of 0", { subjects: { limit: 0 } }, "subjects.limit", /from 1 to 10000/],
    ["a limit that is no integer", { subjects: { limit: 1.5 } }, "subjects.limit", /from 1 to 10000/],
    ["a limit without end", { subjects: { limit: Infinity } }, "subjects.limit", /from 1 to 10000/],
  ])("%s is refused", (_, given, option, message) => {
    expect(() => toMetricsSettings(given)).toThrow(
      expect.objectContaining({ code: "INVALID_OPTION", option, message: expect.stringMatching(message) }),
    );
  });

  it("cannot take a label away that metrics have themselves", () => {
    const own = ["connection", "le", "quantile", ...FAMILIES.flatMap(({ labels }) => labels)];
    expect(own).toEqual(expect.arrayContaining(["state", "type", "reason", "result", "subject", "server"]));
    for (const name of own)
      expect(() => toMetricsSettings({ labels: { [name]: "x" } }), name).toThrow(
        expect.objectContaining({ option: `labels.${name}`, message: expect.stringContaining("themselves") }),
      );
  });
});
