export { optionsFromEnv } from "../index.js";
