import type { Errand } from "../protocol.js";

const NAMED = 10;

/** How the things of one kind have ended. */
export class Tally {
  readonly #name: Errand["name"];
  #begun = 0;
  #well = 0;
  #again = 0;
  #wrongs = 0;
  readonly #wrong: string[] = [];

  constructor(name: Errand["name"]) {
    this.#name = name;
  }

  begin(): void {
    this.#begun++;
  }

  well(): void {
    this.#well++;
  }

  again(): void {
    this.#again++;
  }

  /** @param what in words */
  wrong(what: string): void {
    this.#wrongs++;
    if (this.#wrong.length < NAMED) this.#wrong.push(what);
  }

  errand(): Errand {
    return {
      name: this.#name,
      begun: this.#begun,
      well: this.#well,
      again: this.#again,
      wrong: this.#wrong,
      wrongs: this.#wrongs,
    };
  }
}
