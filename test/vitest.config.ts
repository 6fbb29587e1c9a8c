import { join } from "node:path";
import { defineConfig } from "vitest/config";
import { workspaceProject } from "./vitest.project.ts";

const root = join(import.meta.dirname, "..");

export default defineConfig({
  root,
  test: {
    projects: [
      "packages/*",
      "adapters/*",
      "examples/*",
      { root, ...workspaceProject("whole", ["test/{contract,e2e,checks,mutation}/*.test.ts"]) },
    ],
    coverage: {
      provider: "v8",
      reporter: ["text-summary", "text", "json-summary"],
      include: ["packages/core/src/**/*.ts"],
      thresholds: { lines: 95, branches: 95 },
    },
  },
});
