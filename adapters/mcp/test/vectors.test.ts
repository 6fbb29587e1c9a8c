import { describeAdapter } from "@portcullis/testkit";
import { harnessFor } from "./support/harness.ts";
import { KINDS } from "./support/peers.ts";

for (const kind of KINDS) {
  describeAdapter(harnessFor(kind, "C"));
  describeAdapter(harnessFor(kind, "S"));
  // Over HTTP the proxy is the command's, which has tests of its own.
  if (kind !== "v2 on 2026-07-28") describeAdapter(harnessFor(kind, "P"));
}
