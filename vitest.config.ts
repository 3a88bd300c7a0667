import { availableParallelism } from "node:os";
import { defineConfig } from "vitest/config";

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
          include: ["{src,demo,bench,soak,chaos,fuzz}/**/*.test.ts"],
          exclude: ["src/testing/{sim,sim-client}/**", "src/testing/*.test.ts"],
        },
      },
      {
        test: {
          name: "sim",
          isolate: false,
          include: ["src/testing/{sim,sim-client}/**/*.test.ts", "storm/**/*.test.ts"],
          testTimeout: 60_000,
        },
      },
      {
        test: {
          name: "integration",
          // As above: with 150 files, importing the client anew for each takes a minute.
          isolate: false,
          include: ["test/**/*.test.ts", "src/testing/*.test.ts"],
          testTimeout: 30_000,
          hookTimeout: 30_000,
        },
      },
    ],
  },
});
