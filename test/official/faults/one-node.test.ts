import type { NatsServer } from "../../../src/testing/server.js";
import { describeFaults } from "./through.js";

async function crash(server: NatsServer): Promise<void> {
  await server.kill();
  await server.restart();
}

describeFaults(
  {
    name: "the connected node is killed, which leads nothing",
    atLeader: false,
    befall: (stage, nc) => crash(stage.serverOf(nc)),
  },
  {
    name: "the connected node is killed, which leads everything",
    atLeader: true,
    befall: (stage, nc) => crash(stage.serverOf(nc)),
  },
);
