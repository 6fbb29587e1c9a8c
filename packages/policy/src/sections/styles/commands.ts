import type { CommandStyleSource } from "../../shape/style-shape.ts";
import { anyOf, celFact, celTexts } from "./style-context.ts";
import type { StyleContext, StyleRefusal } from "./style-context.ts";

/** A program as a script writes it: its name, or its path. */
const COMMAND = /^(?:\[|[\w.+/-]+)$/;

/** What a style of `commands` refuses. */
export function commandRefusals(
  { allow, writes = false, interpreters }: CommandStyleSource,
  { operand, depth, report }: StyleContext,
): readonly StyleRefusal[] {
  let isSound = true;
  allow.forEach((name, index) => {
    if (COMMAND.test(name)) return;
    isSound = false;
    const message = /\s/.test(name)
      ? "A command is one name without arguments; constrain arguments with a rule on `shell(…).commands`."
      : "A command is a name or path of letters, digits and `_ . + / -`; nothing stands for others.";
    report(["commands", "allow", index], message);
  });
  if (!isSound) return [];
  const fact = celFact("shell", operand, { interpreters });
  // Quantifiers nest two deep, and one stands around already where the argument is a list.
  const harmless = depth === 0 ? 'c.writes.all(w, w == "/dev/null")' : "size(c.writes) == 0";
  const refusals = [
    `!${fact}.names.all(n, n in ${celTexts(allow)})`,
    // `echo x > file` runs nothing but `echo`.
    ...(writes ? [] : [`!${fact}.commands.all(c, ${harmless})`]),
  ];
  return [
    {
      list: "allow",
      refused: anyOf(refusals),
      message: "This command line runs more than is permitted here.",
      hint: `Use only these commands, written plainly: ${allow.join(", ")}.`,
    },
  ];
}
