import { workspaceProject } from "../../test/vitest.project.ts";

export default workspaceProject("bundle");
