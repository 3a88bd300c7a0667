import pc from "picocolors";
import { count, duration } from "../../../demo/view/figures.js";
import type { CampaignListener } from "../campaigns.js";
import type { Kill } from "../kills.js";
import type { Move } from "../moves.js";
import { ownOf, type Pauses } from "../pauses.js";
import type { Errand } from "../protocol.js";
import type { Restart } from "../rolling.js";
import { brokenPromises, type Campaign, sums, time } from "../verdict.js";

/** Moves and kills are many: a line for so many of them. */
const LINE = 25;

/** Says nothing: `--json`. */
export class Silence implements CampaignListener {
  began(): void {}
  restarted(): void {}
  moved(): void {}
  killed(): void {}
  ended(): void {}
}

/** A line for each restart, a letter for each move, and what came of it all. */
export class Progress implements CampaignListener {
  readonly #write: (text: string) => void;
  #column = 0;

  constructor(write: (text: string) => void) {
    this.#write = write;
  }

  began(title: string): void {
    this.#write(`\n${pc.bold(title)}\n`);
    this.#column = 0;
  }

  restarted({ lame, from, left, clients, standing, pauses, before, words }: Restart): void {
    const { lost, duplicated, servers, disorder } = sums(standing.receipts);
    const told = (kind: string) => words.filter(({ word }) => word === kind);
    const twins = told("move").reduce((sum, word) => sum + (word.twins ?? 0), 0);
    const parts = [
      `${lame} lame, most from ${from}`,
      `${clients} clients left in ${duration(left)}`,
      `${told("move").length} moves, ${told("disconnect").length} disconnects`,
      `${count(lost)} lost`,
      `${count(duplicated)} twice (${count(servers)} more by servers)`,
      `${count(twins)} twins`,
      `${count(disorder)} out of order`,
      `${describePauses(pauses)}, before: ${duration(before.longest.ms)}`,
    ];
    this.#write(`  ${(lost + duplicated > 0 ? pc.red : pc.green)(parts.join(" · "))}\n`);
  }

  moved({ how }: Move): void {
    this.#letter(how === "move" ? pc.green("m") : how === "reconnect" ? pc.yellow("r") : pc.red("?"));
  }

  killed({ client, hanging, ms }: Kill): void {
    const behind = hanging === 0 ? "" : ` behind ${hanging} that hang${hanging === 1 ? "s" : ""}`;
    this.#write(`  ${client}${behind}: ${time(ms)}\n`);
  }

  ended(campaign: Campaign): void {
    if (this.#column > 0) this.#write("\n");
    if (campaign.name === "moves") this.#moves(campaign);
    for (const broken of brokenPromises(campaign)) this.#write(`  ${pc.red(`✖ ${broken}`)}\n`);
  }

  #moves({ standing, damages, pauses, results }: Extract<Campaign, { name: "moves" }>): void {
    const { lost, duplicated, servers, disorder } = sums(standing.receipts);
    const twins = results.reduce((sum, move) => sum + move.twins, 0);
    this.#write(
      `  ${count(lost)} lost · ${count(duplicated)} twice (${count(servers)} more by servers) · ${count(twins)} twins · ${count(disorder)} out of order · ${describePauses(pauses)}\n`,
    );
    for (const { receiver, publisher, what, messages, ids, during, late } of damages) {
      const move = during === undefined ? "no move" : `move ${during}, of ${results[during].member}`;
      const after = what === "lost" ? "" : `, up to ${duration(late)} after they were published`;
      this.#write(
        `    ${receiver}: ${messages} of ${publisher} ${what} (${ids.join(" to ")}) during ${move}${after}\n`,
      );
    }
    for (const errand of standing.errands) this.#write(`  ${describeErrand(errand)}\n`);
  }

  #letter(letter: string): void {
    this.#write(this.#column === 0 ? `  ${letter}` : letter);
    this.#column++;
    if (this.#column < LINE * 4) return;
    this.#write("\n");
    this.#column = 0;
  }
}

/** "gap 40 ms at subscriber 1, 12 ms without the machine". */
function describePauses({ longest, own, stall }: Pauses): string {
  return (
    `gap ${duration(longest.ms)} at ${longest.receiver}, ${duration(ownOf(own))} without the machine` +
    ` (${stall.process} stood still for ${duration(stall.ms)}, ${duration(stall.busy)} of them busy)`
  );
}

/** "request: 2,000 of 2,000 well". */
function describeErrand({ name, begun, well, again, wrong }: Errand): string {
  const twice = again === 0 ? "" : `, ${count(again)} came again`;
  const first = wrong.length === 0 ? "" : `; ${wrong.join("; ")}`;
  return `${name}: ${count(well)} of ${count(begun)} well${twice}${first}`;
}
