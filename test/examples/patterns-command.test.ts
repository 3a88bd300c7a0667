import { afterEach, beforeEach, expect, it } from "vitest";
import { type Checkout, checkout } from "../scripts/checkout.js";

let here: Checkout;
beforeEach(() => {
  here = checkout();
  const config = { outDir: ".cache/examples", rootDir: "examples", include: ["examples"] };
  here.write("examples/tsconfig.json", JSON.stringify(config));
  here.write(
    "examples/patterns/hello.ts",
    "console.log('hello', process.env.NATS_SERVERS, ...process.argv.slice(2)); process.exitCode = 3;",
  );
  here.write("examples/more/main.ts", "console.log('main');");
  here.write("examples/more/_shared/words.ts", "console.log('shared');");
  here.write(
    "src/testing/index.ts",
    `export const NatsServer = {
       async start({ binary, jetstream }) {
         console.error("starts " + binary.split("/").pop() + " " + jetstream);
         return { pid: 7, url: "nats://its:1", running: true, close: async () => console.error("closed") };
       },
     };`,
  );
});
afterEach(() => here[Symbol.dispose]());

it("npm run example builds an example, gives it a server and its arguments, and ends as it does", async () => {
  const ended = await here.run(["example", "hello", "--loud"]).ended;
  expect(ended).toMatchObject({ code: 3, stdout: "hello nats://its:1 --loud\n" });
  expect(ended.stderr).toContain("starts nats-server true");
  expect(ended.stderr).toContain("kill -9 7 shows an outage of 5 s");
  expect(ended.stderr).toMatch(/closed\n$/);
});

it("npm run example starts no server where the environment names some", async () => {
  const ended = await here.run(["example", "patterns/hello"], { NATS_SERVERS: "mine:4222" }).ended;
  expect(ended).toMatchObject({ code: 3, stdout: "hello mine:4222\n" });
  expect(ended.stderr).not.toContain("starts");
});

it.each(["", "helo", "_shared/words", "words"])(
  "npm run example -- '%s' lists what there is",
  async (name) => {
    const ended = await here.run(["example", name]).ended;
    expect(ended.code).toBe(1);
    expect(ended.stderr).toContain("NAME is one of\nmore/main\npatterns/hello\n");
    expect(ended.stderr).not.toContain("words");
  },
);

it("npm test fails when an example does not compile", async () => {
  here.write("examples/patterns/bad.ts", "// type error");
  const ended = await here.run(["test"]).ended;
  expect(ended.code).toBe(1);
  expect(ended.stdout).toMatch(/FAILED {2}build .*\n.*examples\/patterns\/bad\.ts\(1,1\): error/);
});
