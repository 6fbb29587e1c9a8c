/** Everything that the conformance suite calls, permitted. */
const tools = [
  "test_simple_text",
  "test_image_content",
  "test_audio_content",
  "test_embedded_resource",
  "test_multiple_content_types",
  "test_error_handling",
  "test_tool_with_logging",
  "test_tool_with_progress",
  "test_sampling",
  "test_elicitation",
  "test_elicitation_sep1034_defaults",
].map((name) => `mcp:server/${name}`);
const methods = [
  "logging/setLevel",
  "completion/complete",
  "resources/read",
  "resources/subscribe",
  "resources/unsubscribe",
  "prompts/get",
  "sampling/createMessage",
  "elicitation/create",
  "roots/list",
].map((name) => `mcp-method:server/${name}`);
const names = [...tools, ...methods];

/** The policy in YAML. */
export const policy = JSON.stringify({
  portcullis: 1,
  name: "conformance",
  identity: "host",
  tools: Object.fromEntries(
    names.map((name) => [
      name,
      { class: "read", input: { type: "object", additionalProperties: true } },
    ]),
  ),
  rules: [{ id: "all", effect: "permit", agents: ["suite"], tools: names }],
});
