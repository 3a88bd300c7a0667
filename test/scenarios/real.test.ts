import { playScenarios } from "./play.js";
import { makeRealStage } from "./real-stage.js";

playScenarios("real servers", makeRealStage);
