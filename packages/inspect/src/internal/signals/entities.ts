/** Something in a text that is no prose. */
export interface Entity {
  readonly kind: "#command" | "#path" | "#url" | "#email" | "#money" | "#marker";
  readonly start: number;
  readonly end: number;
}

// What a shell would run: a program of which one must be wary, with the start of its arguments.
const COMMAND =
  /(?<![\w/.-])(?:sudo\s+-?\w|curl\s+(?:-|["']?https?:)|wget\s+(?:-|["']?https?:)|rm\s+-\w*[rRf]|chmod\s+[-+\d]|chown\s+-?\w+[: ]|cat\s+[~/.$]|(?:nc|ncat|netcat)\s+-?\w|(?:ba|z|k)?sh\s+-\w*c\b|powershell\b|Invoke-\w+|scp\s+\S+\s|ssh\s+[\w.-]+@|base64\s+-{1,2}d|mkfifo\s|crontab\s+-?\w|dd\s+if=|kill(?:all)?\s+-?\w|history\s+-c|export\s+\w+=|echo\s[^\n]{1,120}?>{1,2}\s*[~/.\w]|find\s+[~/]\S*\s+-|printenv\b|whoami\b|uname\s+-a|(?:npm|pnpm|yarn)\s+(?:install|i|add)\s+\S|pip3?\s+install\s+\S|docker\s+run\s|python3?\s+-c|node\s+-e|perl\s+-e|certutil\s+-|reg\s+add\s|schtasks\s+\/|systemctl\s+\w|useradd\s|iptables\s+-|tee\s+-a\s|git\s+config\s|ln\s+-s|ls\s+-\w+a)/g;
// Files that hold secrets, or that make a change last.
const PATH =
  /(?:~|\$HOME|%USERPROFILE%|\/home\/\w+|\/root|\/Users\/\w+)?[\\/]?\.(?:ssh|aws|gnupg|kube|docker|azure|config\/gcloud)(?:[\\/][\w.-]+)*|\bid_(?:rsa|ed25519|ecdsa|dsa)\b(?:\.pub)?|\/etc\/(?:passwd|shadow|sudoers|hosts|crontab|ssh)\b[\w./-]*|(?<![\w.])\.(?:bashrc|zshrc|bash_profile|profile|bash_history|zsh_history|netrc|npmrc|pypirc|pgpass|git-credentials|env)(?![\w-])|\bauthorized_keys\b|\bknown_hosts\b|\bmcp(?:_config)?\.json\b|\bclaude_desktop_config\.json\b|\bwallet\.dat\b|\/proc\/self\/environ\b|\bcredentials\.json\b/g;
const URL = /\b(?:https?|ftp|wss?):\/\/[^\s"'`<>)\]}]{3,}/gi;
const EMAIL = /[\w.+-]{1,64}@[\w-]{1,63}\.[\w.-]{2,}/g;
const MONEY =
  /[$€£¥₹]\s?\d[\d,.]{0,20}|\b\d[\d,.]{0,20}\s?(?:USD|EUR|GBP|BTC|ETH|dollars|euros|bitcoin)\b/gi;
// What separates the turns of a conversation in the formats of models and their hosts.
const MARKER =
  /<\|[a-z_]{2,30}\|>|\[\/?INST\]|<<\/?SYS>>|<\/?(?:system|assistant|user|tool_result|tool_response|function_results|instructions|important|secret|hidden|override)(?:\s+\w+=[^>]{0,60})?>|(?:^|\n)#{1,4}\s?(?:system|assistant|new instructions?|instructions?)\b[^\n]{0,20}:/gi;

const KINDS: readonly (readonly [Entity["kind"], RegExp])[] = [
  ["#marker", MARKER],
  ["#command", COMMAND],
  ["#path", PATH],
  ["#url", URL],
  ["#email", EMAIL],
  ["#money", MONEY],
];

/** Commands, telling paths, addresses, amounts and turn markers, in order and without overlap. */
export function findEntities(text: string): readonly Entity[] {
  const found = KINDS.flatMap(([kind, pattern], rank) =>
    Array.from(text.matchAll(pattern), ({ index, 0: match }) => ({
      kind,
      rank,
      start: index,
      end: index + match.length,
    })),
  );
  const ordered = found.toSorted((a, b) => a.start - b.start || a.rank - b.rank);
  const kept: Entity[] = [];
  let end = 0;
  for (const each of ordered) {
    if (each.start < end) continue;
    kept.push({ kind: each.kind, start: each.start, end: each.end });
    end = each.end;
  }
  return kept;
}
