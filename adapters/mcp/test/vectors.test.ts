import { describeAdapter } from "@portcullis/testkit";
import { harnessFor } from "./support/harness.ts";
import { KINDS } from "./support/peers.ts";

for (const kind of KINDS) {
  describeAdapter(harnessFor(kind, "C"));
  describeAdapter(harnessFor(kind, "S"));
}
