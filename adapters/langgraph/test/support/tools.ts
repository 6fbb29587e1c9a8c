import { tool } from "@langchain/core/tools";
import { interrupt } from "@langchain/langgraph";
import { z } from "zod";
import type { Probe } from "./setup.ts";

/** Real LangChain tools that note their runs. */
export function createTools(probe: Probe) {
  const note = (name: string) =>
    tool(
      (args: { text?: string | undefined }) => {
        probe.ran(name, args);
        return `${name} ran`;
      },
      { name, description: `Does ${name}`, schema: z.object({ text: z.string().optional() }) },
    );
  const pay = tool(
    (args: { to: string; amount: number }) => {
      probe.ran("pay", args);
      return `paid ${args.amount}`;
    },
    { name: "pay", description: "Pays", schema: z.object({ to: z.string(), amount: z.number() }) },
  );
  return {
    echo: note("echo"),
    rm: note("rm"),
    unruled: note("unruled"),
    outer: note("outer"),
    pay,
  };
}

/** A tool that pauses the graph in the middle of its run. */
export function createAsking(probe: Probe, name = "ask") {
  return tool(
    (args) => {
      const answer: unknown = interrupt("who?");
      probe.ran(name, { ...args, answer });
      return `answered ${String(answer)}`;
    },
    { name, schema: z.object({ to: z.string().optional(), amount: z.number().optional() }) },
  );
}
