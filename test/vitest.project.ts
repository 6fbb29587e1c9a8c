import { join } from "node:path";
import { defineProject } from "vitest/config";
import type { UserWorkspaceConfig } from "vitest/config";

// Workspace packages resolve to their sources, so that tests need no build; the rest as in Node.
const conditions = ["portcullis-source", "node"];

/** The vitest project of one workspace; every `vitest.config.ts` is a call of this. */
export function workspaceProject(
  name: string,
  include: string[] = ["test/**/*.test.ts"],
): UserWorkspaceConfig {
  return defineProject({
    resolve: { conditions },
    ssr: { resolve: { conditions } },
    test: {
      name,
      include,
      setupFiles: [join(import.meta.dirname, "seed.setup.ts")],
      testTimeout: 20_000,
      hookTimeout: 20_000,
    },
  });
}
