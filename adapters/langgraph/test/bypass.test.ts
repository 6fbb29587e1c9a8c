import { describeAdapter } from "@portcullis/testkit";
import { harnessOf, runCreateAgent, runGraph } from "./support/harness.ts";

describeAdapter(harnessOf("guardNode + ToolNode", runGraph));
describeAdapter(harnessOf("createAgent", runCreateAgent));
