// Runs one bench in a process of its own; started by `runApart`, answers by a message.
import { BENCHES } from "./registry.ts";
import type { BenchOptions, BenchResult } from "./bench-result.ts";

process.once("message", (task: { readonly name: string; readonly options: BenchOptions }) => {
  void runBench(task.name, task.options).then((result) => {
    process.send?.(result, () => process.disconnect());
  });
});

async function runBench(name: string, options: BenchOptions): Promise<BenchResult> {
  const bench = await BENCHES[name]?.();
  if (bench === undefined) throw new Error(`There is no bench "${name}".`);
  return bench(options);
}
