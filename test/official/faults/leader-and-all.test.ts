import { describeFaults } from "./through.js";

describeFaults(
  {
    name: "the leader of everything is killed, to which the application is not connected",
    atLeader: false,
    befall: async (stage) => {
      const [, leader] = stage.cluster.servers;
      await leader.kill();
      await leader.restart();
    },
  },
  {
    name: "all nodes are killed and restarted",
    atLeader: true,
    befall: (stage) => stage.cluster.restartAll(),
  },
);
