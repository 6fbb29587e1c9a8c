/** Both agents may do both; who may do what in this task is the grant's to say. */
export const POLICY = `portcullis: 1
name: refunds
identity: token
tools:
  read_order:
    class: read
    input:
      type: object
      properties: { order: { type: string } }
      required: [order]
  refund:
    class: pay
    input:
      type: object
      properties: { order: { type: string }, amount: { type: number } }
      required: [order, amount]
rules:
  - { id: reads, effect: permit, tools: [read_order] }
  - { id: refunds, effect: permit, tools: [refund] }
`;
