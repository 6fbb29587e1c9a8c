import { workspaceProject } from "../../test/vitest.project.ts";

export default workspaceProject("example-mcp-proxy");
