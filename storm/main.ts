import { plans, play } from "./campaign.js";
import { parseOptions } from "./options.js";
import { outages } from "./outages.js";
import { writePage } from "./report/page.js";
import { print } from "./report/terminal.js";

const options = parseOptions(process.argv.slice(2));
const { clients, seed, scenario, strategy } = options;
console.log(`${clients} clients, three servers, seed ${seed}`);
let held = true;
const cases = plans(scenario, strategy, clients).map((plan) => {
  const played = play(plan, seed);
  if (!print(played)) held = false;
  return played;
});
if (options.write) {
  console.log(`\nwritten: ${writePage(cases, outages(Math.ceil(clients / 5), seed), options)}`);
}
process.exitCode = held ? 0 : 1;
