import { describeAdapter } from "@portcullis/testkit";
import { entryPointNames } from "./support/entry-points.ts";
import { harnessOf } from "./support/harness.ts";

for (const entryPoint of entryPointNames) describeAdapter(harnessOf(entryPoint));
