import { describeAdapter } from "@portcullis/testkit";
import { harnessOf } from "./support/harness.ts";

for (const entryPoint of ["generate", "stream", "workflow"] as const) {
  describeAdapter(harnessOf(entryPoint));
}
