import { makeEmbeddedStage } from "./embedded-stage.js";
import { playScenarios } from "./play.js";

playScenarios("test servers of this process", makeEmbeddedStage);
