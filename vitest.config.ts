import { availableParallelism } from "node:os";
import { defineConfig } from "vitest/config";

/**
 * They fill the machine, or measure what is slow only when something else does: beside others they would measure those. So does what measures a
 * heap: V8 lets the more garbage pile up, the more a worker holds that has run hundreds of files before.
 */
const ALONE = [
  "test/limits-burst.test.ts",
  "test/moves/{under-load,slow-link,slow-route,official,calls}.test.ts",
  "test/peers/nats-go.test.ts",
  "test/storms.test.ts",
];

/**
 * They build a site, applications, or the packages of others, or play whole campaigns of faults: `.ci/run` has them, `npm test` without arguments
 * has not.
 */
const LONG = [
  "test/causes-set/whole.test.ts",
  "test/chaos/{chaos,failover,outbox}.test.ts",
  "test/compat/packaged.test.ts",
  "test/docs/site.test.ts",
  "test/examples/integrations{,-next}.test.ts",
  "test/official/faults/*.test.ts",
  "test/demo/crash.test.ts",
  "test/outbox/store/{crash,lock}.test.ts",
  "test/outbox/stream/faults.test.ts",
  "test/peers/slow-link.test.ts",
  "test/soak/faults.test.ts",
];

export default defineConfig({
  test: {
    // Most tests wait for servers and sockets: on two cores, two at a time take half as long as one after the other.
    maxWorkers: Math.max(2, availableParallelism() - 1),
    projects: [
      {
        test: {
          name: "unit",
          // Pure tests share a worker: starting one per file would cost more than the tests.
          isolate: false,
          include: ["{src,demo,bench,soak,chaos,causes,fuzz}/**/*.test.ts"],
          exclude: ["src/testing/{sim,sim-client}/**", "src/testing/*.test.ts"],
          testTimeout: 20_000,
        },
      },
      {
        test: {
          name: "sim",
          isolate: false,
          include: ["src/testing/{sim,sim-client}/**/*.test.ts", "storm/**/*.test.ts"],
          testTimeout: 120_000,
        },
      },
      {
        test: {
          name: "integration",
          // As above: with 150 files, importing the client anew for each takes a minute.
          isolate: false,
          include: ["test/**/*.test.ts", "src/testing/*.test.ts"],
          exclude: [...ALONE, ...LONG],
          testTimeout: 60_000,
          hookTimeout: 90_000,
        },
      },
      {
        test: {
          name: "long",
          isolate: false,
          include: LONG,
          testTimeout: 60_000,
          hookTimeout: 90_000,
        },
      },
      {
        test: {
          name: "alone",
          isolate: false,
          include: ALONE,
          maxWorkers: 1,
          // When all others are done.
          sequence: { groupOrder: 1 },
          testTimeout: 60_000,
          hookTimeout: 90_000,
        },
      },
    ],
  },
});
