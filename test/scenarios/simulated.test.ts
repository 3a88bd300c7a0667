import { playScenarios } from "./play.js";
import { simulated } from "./simulated-stage.js";

for (const seed of [1, 2, 3])
  playScenarios(`simulated servers, in virtual time (seed ${seed})`, simulated(seed));
