import { readdirSync, readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { inCheckout } from "./fakes.js";

const { apiReport } = (await import(inCheckout("scripts/docs/api/report.mjs"))) as {
  apiReport: (entry: string, read: (path: string) => string, main?: string) => string;
};
const { apiReports } = (await import(inCheckout("scripts/docs/api/reports.mjs"))) as {
  apiReports: () => Promise<{ path: string; text: string }[]>;
};
const { undocumented, undocumentedMembers } = (await import(
  inCheckout("scripts/docs/api/undocumented.mjs")
)) as {
  undocumented: (entry: string, read: (path: string) => string) => string[];
  undocumentedMembers: () => Promise<{ missing: string[]; needless: string[] }>;
};

describe("docs/api", () => {
  it("is what the package's types are; if it is not: npm run docs", async () => {
    const reports = await apiReports();
    expect(readdirSync(inCheckout("docs/api")).map((file) => `docs/api/${file}`)).toEqual(
      reports.map(({ path }) => path).toSorted(),
    );
    for (const { path, text } of reports) {
      expect(readFileSync(inCheckout(path), "utf8"), path).toBe(text);
      expect(text).toContain("\n// ");
      expect(text).not.toContain(inCheckout(""));
    }
  });
});

/** The report of `index.d.ts`, without the entry itself. */
function report(files: Record<string, string>, main?: string): string {
  const read = (path: string) => {
    const code = files[path];
    if (code === undefined) throw new Error(`${path} is not there`);
    return code;
  };
  const text = apiReport("index.d.ts", read, main);
  return text.slice(files["index.d.ts"].length).trim();
}

describe("the members of public types", () => {
  it("have docstrings that tell more than the name", async () => {
    expect(await undocumentedMembers()).toEqual({ missing: [], needless: [] });
  });

  /** Those of `a.d.ts`, of which everything is exported. */
  const missing = (code: string) => {
    const files: Record<string, string> = { "index.d.ts": 'export * from "./a.js";', "a.d.ts": code };
    return undocumented("index.d.ts", (path) => files[path]).map((line) => line.replace("a: ", ""));
  };

  it("are those of interfaces, classes, types and constants, and what leads on from there", () => {
    expect(
      missing(`
        export interface I { a: number; /** Told. */ b: number; c(): Inner; (): void; [key: string]: unknown; }
        interface Inner { d?: string }
        export declare class C { #p; private q; constructor(); readonly e: 1; get f(): 1; static g(): void; [Symbol.asyncDispose](): void; }
        export type T = { h: 1 } | I;
        export declare const V: { readonly i: "i"; "j-k": 1 };
        export declare function f(options: { l: 1 }): void;
        // d: no docstring
        /* of it */
        declare class Unseen { m: 1 }`),
    ).toEqual([
      "I.a has no docstring",
      "I.c has no docstring",
      "Inner.d has no docstring",
      "C.e has no docstring",
      "C.f has no docstring",
      "C.g has no docstring",
      "C.[Symbol.asyncDispose] has no docstring",
      "T.h has no docstring",
      "V.i has no docstring",
      "V.j-k has no docstring",
      "f.l has no docstring",
    ]);
  });

  it("need more than their name, and no comment is a docstring but one right before", () => {
    expect(
      missing(`
        export interface I {
          /** The name. */ name: string;
          /** Its max bytes */ maxBytes: number;
          /** Max bytes on disk. */ maxDisk: number;
          /* Of whom. */ a: 1;
          // Of whom.
          b: 1;
          /** Of whom. */

          c: 1;
        }`),
    ).toEqual([
      'I.name has only "The name."',
      'I.maxBytes has only "Its max bytes"',
      "I.a has no docstring",
      "I.b has no docstring",
    ]);
  });

  it("of a type inside of another may be named in a docstring around them", () => {
    expect(
      missing(`
        export interface I { /** \`memory\` in bytes, \`disk.free\`. */ used?: { memory: 1; disk: { free: 1 }; mem: 1; cpu: 1 }; own: 1; }
        /** Has \`inside\` and \`own\`. */
        export type T = { inside: 1; other: 1 };
        /** @param options.timeout ms */
        export declare function f(options: { timeout: 1; signal: 1 }): void;
        /** Has \`own\`. */
        export interface J { own: 1 }`),
    ).toEqual([
      "I.used.mem has no docstring",
      "I.used.cpu has no docstring",
      "I.own has no docstring",
      "T.other has no docstring",
      "f.signal has no docstring",
      "J.own has no docstring",
    ]);
  });

  it("may have the docstring of what they are inherited from, or of another signature", () => {
    expect(
      missing(`
        export interface A { /** Told. */ a: 1; b: 1 }
        export interface B extends A { a: 1; b: 1 }
        export declare class C extends D implements B { a: 1; b: 1; d: 1 }
        export declare class D { /** Told. */ d: 1; /** Adds one. */ on(a: 1): void; on(b: 2): void; }
        export interface E extends E { e: 1 }`),
    ).toEqual([
      "A.b has no docstring",
      "B.b has no docstring",
      "C.b has no docstring",
      "E.e has no docstring",
    ]);
  });
});

describe("a report of an API", () => {
  it("has what is exported and every type that leads on from there, each once, in the order of files", () => {
    const text = report({
      "index.d.ts": 'export { open } from "./b.js";\nexport type { Options } from "./a/options.js";',
      "b.d.ts":
        'import type { Options as Given } from "./a/options.js";\nimport { Link } from "./c.js";\nexport declare function open(given: Given): Promise<Link>;\nexport declare function unused(): void;',
      "a/options.d.ts": 'export interface Options { at: import("../c.js").Place; }',
      "c.d.ts":
        "export declare class Link { end(): void; }\nexport type Place = string;\ndeclare const open: Other;",
    });
    expect(text).toBe(
      [
        "// a/options",
        'interface Options { at: import("../c.js").Place; }',
        "// b",
        "declare function open(given: Given): Promise<Link>;",
        "// c",
        "declare class Link {\n    end(): void;\n}",
        "type Place = string;",
      ].join("\n\n"),
    );
  });

  it("follows what a file passes on, and stops at other packages", () => {
    const text = report({
      "index.d.ts": 'export * from "./all.js";\nexport * from "other";',
      "all.d.ts":
        'export type { A } from "./a.js";\nexport { X } from "other";\nexport interface Own extends Base<A> {}\ninterface Base<T> { x: T; y: typeof value; }\nexport * from "./rest.js";\ndeclare const value: 1;\nexport * from "third";',
      "a.d.ts": 'export * from "./deep.js";',
      "deep.d.ts": "export type A = 1;\nexport type B = 2;",
      "rest.d.ts": "export type R = 3;",
    });
    expect(text.split("\n\n")).toEqual([
      "// all",
      "interface Own extends Base<A> {}",
      "interface Base<T> { x: T; y: typeof value; }",
      "declare const value: 1;",
      'export * from "third";',
      "// deep",
      "type A = 1;",
      "// rest",
      "type R = 3;",
    ]);
  });

  it("leaves out what the report of another entry has, but not what that one shows less of", () => {
    const text = report(
      {
        "index.d.ts": 'export { C, type X, type Own } from "./c.js";',
        "main.d.ts": 'export type { C, X } from "./c.js";\nexport interface Z {}',
        "c.d.ts":
          'import type { Z } from "./z.js";\nexport declare class C {\n    constructor();\n}\nexport type X = Z;\nexport type Own = X;',
        "z.d.ts": "export interface Z {}",
      },
      "main.d.ts",
    );
    expect(text).toBe("// c\n\ndeclare class C {\n    constructor();\n}\n\ntype Own = X;");
  });

  it("has no private members, and a constructor only of a class that users can construct", () => {
    const text = (kind: string) =>
      report({
        "index.d.ts": `export ${kind} { C } from "./c.js";`,
        "c.d.ts":
          "export declare class C extends D implements Host {\n    #p;\n    private q;\n    constructor(inner: Inner);\n    m(): Outer;\n}\ndeclare class D {}\ninterface Host {}\ninterface Inner {}\ninterface Outer {}",
      });
    expect(text("type")).toBe(
      "// c\n\ndeclare class C extends D {\n    m(): Outer;\n}\n\ndeclare class D {\n}\n\ninterface Outer {}",
    );
    expect(text("")).toBe(
      "// c\n\ndeclare class C extends D {\n    constructor(inner: Inner);\n    m(): Outer;\n}\n\ndeclare class D {\n}\n\ninterface Inner {}\n\ninterface Outer {}",
    );
  });
});
