import { celEnv, CelScalar, parse, plan } from "@bufbuild/cel";
import { createCelByTool } from "./cel-by-tool.mjs";

export function create(rules) {
  const environment = celEnv({
    variables: {
      agent: CelScalar.STRING,
      role: CelScalar.STRING,
      path: CelScalar.STRING,
      amount: CelScalar.DOUBLE,
    },
  });
  const compile = (text) => plan(environment, parse(text));
  return [{ ...createCelByTool(rules, compile), name: "bufbuild cel", package: "@bufbuild/cel" }];
}
