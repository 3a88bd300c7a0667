import type { Case } from "./case.js";
import type { ClientName } from "./clients/client.js";
import { cpuModel, type Environment } from "./environment.js";
import type { Run } from "./figures.js";
import type { Ground } from "./ground.js";
import type { TopFunctions } from "./profile/run.js";
import { interleave } from "./rounds.js";

/** All samples of a case. */
export interface Measured {
  readonly of: Case;
  /** When it was done. */
  readonly date: string;
  /** The processor that it was done on; cases of one campaign may come from several machines. */
  readonly cpu?: string | undefined;
  /** The runs of each client, in the order of the rounds. */
  readonly runs: ReadonlyMap<ClientName, readonly Run[]>;
  /** Where the CPU time of Holdfast went, or its memory, if somebody looked. */
  readonly profile?: TopFunctions | undefined;
}

/** Everything that was measured on one machine with one Node. */
export interface Campaign {
  readonly environment: Environment;
  readonly cases: readonly Measured[];
}

/** Measures every client `rounds` times, in turns. */
export async function measureCase(
  of: Case,
  rounds: number,
  ground: Ground,
  show: (client: ClientName, round: number) => void,
): Promise<Measured> {
  const date = new Date().toISOString();
  const runs = await interleave(of.clients, rounds, (client, round) => {
    show(client, round);
    return ground.measure({ of, client, round });
  });
  return { of, date, cpu: cpuModel(), runs };
}
