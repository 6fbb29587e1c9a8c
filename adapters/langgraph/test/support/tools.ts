import { tool } from "@langchain/core/tools";
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
