import { Environment } from "@marcbachmann/cel-js";
import { createCelByTool } from "./cel-by-tool.mjs";

export function create(rules) {
  const environment = new Environment()
    .registerVariable("agent", "string")
    .registerVariable("role", "string")
    .registerVariable("path", "string")
    .registerVariable("amount", "double");
  const name = "@marcbachmann/cel-js";
  return [
    { ...createCelByTool(rules, (text) => environment.parse(text)), name: "cel-js", package: name },
  ];
}
