import { describeAdapter } from "@portcullis/testkit";
import { harnessOf, runGraph } from "./support/harness.ts";

describeAdapter(harnessOf("guardNode + ToolNode", runGraph));
