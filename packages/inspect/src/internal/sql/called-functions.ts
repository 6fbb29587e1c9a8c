import { FactFailure } from "../fact-result.ts";
import type { TreeObject } from "./tree.ts";
import { listOf, namesOf, textOf } from "./tree.ts";

/** Adds the functions that an object of the parse tree itself calls, by name or by operator. */
export function addCalled(functions: Set<string>, value: TreeObject): void {
  if (Object.hasOwn(value, "funcname")) addFunction(functions, listOf(value, "funcname"));
  // Operators that are named with a schema are functions in all but spelling.
  if (textOf(value, "kind")?.startsWith("AEXPR_") === true) addOperator(functions, value, "name");
  addOperator(functions, value, "operName");
  addOperator(functions, value, "useOp");
  // A method of TABLESAMPLE is a function as well.
  if (Object.hasOwn(value, "method") && Object.hasOwn(value, "relation")) {
    const [method, ...more] = namesOf(listOf(value, "method"));
    const isBuiltIn = more.length === 0 && (method === "system" || method === "bernoulli");
    if (!isBuiltIn) addFunction(functions, listOf(value, "method"));
  }
}

function addFunction(functions: Set<string>, list: readonly unknown[]): void {
  const names = namesOf(list);
  if (names.length === 0 || names.length > 2) throw new FactFailure("unsupported");
  functions.add(names.map((name) => quote(name ?? "")).join("."));
}

function addOperator(functions: Set<string>, value: TreeObject, member: string): void {
  const list = listOf(value, member);
  if (list.length < 2) return;
  const names = namesOf(list).map((name) => name ?? "");
  functions.add(`operator(${names.slice(0, -1).map(quote).join(".")}.${names.at(-1)})`);
}

// Quoted where it is no plain lower-case name, so that `"pg_catalog.lower"` is not `pg_catalog.lower`.
function quote(name: string): string {
  return /^[a-z_][a-z0-9_$]*$/.test(name) ? name : JSON.stringify(name);
}
