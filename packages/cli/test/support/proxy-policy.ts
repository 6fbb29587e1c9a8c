/** A policy for the server `test` of the proxy's tests; `remove` is not in it. */
export const PROXY_POLICY = `
portcullis: 1
name: proxy-tests
identity: host
tools:
  "mcp:test/echo": { class: read, input: { type: object, properties: { text: { type: string } } } }
  "mcp:test/die": { class: execute, input: { type: object } }
  "mcp:test/flood": { class: read, input: { type: object, properties: { megabytes: { type: number } } } }
  "mcp:test/hang": { class: read, input: { type: object } }
  "mcp:test/environment": { class: read, input: { type: object } }
rules:
  - id: all-of-it
    effect: permit
    agents: [assistant]
    tools: ["mcp:test/echo", "mcp:test/die", "mcp:test/flood", "mcp:test/hang", "mcp:test/environment"]
  - id: no-secrets
    effect: forbid
    tools: ["mcp:test/echo"]
    when: args.text == "secret"
`;
