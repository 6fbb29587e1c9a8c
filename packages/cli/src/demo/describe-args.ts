import { toPrintable } from "../printable.ts";
import type { TicketOrigins } from "./poisoned-ticket.ts";

/** The arguments of a call in a few words for one line of a terminal. */
export function describeArgs(args: unknown, origins: TicketOrigins): string {
  const short = (value: unknown): string => {
    const text = typeof value === "string" ? value : (JSON.stringify(value) ?? "");
    return text.replaceAll(origins.orders, "orders:/").replaceAll(origins.attacker, "attacker:/");
  };
  if (typeof args !== "object" || args === null || Array.isArray(args)) return "?";
  const given = new Map<string, unknown>(Object.entries(args));
  const { order, account, amount, program } = Object.fromEntries(given);
  const words =
    amount !== undefined && account !== undefined
      ? [short(amount), "EUR to", short(account), "for", short(order)]
      : program !== undefined
        ? [short(program), ...listOf(given.get("args")).map(short)]
        : [...given.values()].map(short);
  return toPrintable(words.join(" "));
}

function listOf(value: unknown): readonly unknown[] {
  return Array.isArray(value) ? value : [];
}
