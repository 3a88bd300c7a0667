import { playScenarios } from "./play.js";
import { simulated } from "./simulated-stage.js";
for (let seed = 10; seed < 45; seed++) playScenarios(`seed ${seed}`, simulated(seed));
