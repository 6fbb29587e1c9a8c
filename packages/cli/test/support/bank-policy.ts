/** A policy with one thing of each kind that a batch has to carry through. */
export const BANK_POLICY = `portcullis: 1
name: bank
identity: host
roles:
  assistant: {}
tools:
  get_balance:
    class: read
    input: { type: object }
  read_mail:
    class: read
    input: { type: object }
    result: { labels: [untrusted] }
  send_money:
    class: pay
    input:
      type: object
      properties:
        recipient: { type: string }
        amount: { type: number, minimum: 0 }
      required: [recipient, amount]
  ask_once:
    class: send
    input: { type: object, properties: { text: { type: string } } }
  pinned:
    class: read
    input: { type: object }
    pin: sha256:jWzoOpyDBnYd6ynGf4t-uhVuxkSrcqHZcmwSHxDjWVY
rules:
  - { id: assistants-act, effect: permit, roles: [assistant], tools: [get_balance, read_mail, send_money, ask_once, pinned] }
  - id: no-payment-after-mail
    effect: forbid
    tools: [send_money]
    when: '"untrusted" in flow.session'
    hint: "Start a new task."
  - id: only-what-was-asked
    effect: forbid
    tools: [ask_once]
    when: '!flow.userSaid(args.text)'
  - id: clamp-amounts
    effect: require
    tools: [send_money]
    when: args.amount > 50 && args.amount < 500
    obligations: [{ clamp: { path: args.amount, max: 50 } }]
  - id: large-payments
    effect: require
    tools: [send_money]
    when: args.amount >= 500
    obligations: [{ approval: { queue: payments } }]
limits:
  - { id: three-reads, tools: [get_balance], per: [session], rate: 3/h }
`;
