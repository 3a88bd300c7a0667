import type { TestServerOptions } from "./options.js";

/** What a `TestCluster` is started with. Beside its own, the options of a `TestServer` hold for every member. */
export interface TestClusterOptions extends Omit<TestServerOptions, "port" | "name"> {
  /** How many servers, 1 to 100. Default 3. */
  size?: number;
  /** The cluster's name, without white space. Default `holdfast`. Its members are called `n1`, `n2` and so on. */
  name?: string;
}
