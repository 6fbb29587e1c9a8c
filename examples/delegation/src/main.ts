import { runDelegation } from "./run-delegation.ts";

await runDelegation((line) => void process.stdout.write(`${line}\n`));
