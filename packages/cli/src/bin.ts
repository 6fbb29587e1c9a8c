#!/usr/bin/env node
import { createProcessIo } from "./cli-io.ts";
import { run } from "./run.ts";

// No process.exit: what is still to be written is written.
process.exitCode = await run(process.argv.slice(2), createProcessIo());
