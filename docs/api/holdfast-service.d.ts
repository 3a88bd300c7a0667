// What a program sees that imports "holdfast/service". Made by `npm run docs`.
// What is in holdfast.d.ts as well stands only there.

export { optionsFromEnv } from "../index.js";
