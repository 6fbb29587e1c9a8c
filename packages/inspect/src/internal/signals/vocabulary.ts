import type { WordSet } from "./word-sets.ts";
import { union, verbs, words } from "./word-sets.ts";

/** Refusal and absence. */
export const NOT: WordSet = words(
  "not never don't dont without avoid mustn't shouldn't won't can't cannot",
);
/** Making something known. */
export const TELL: WordSet = union(
  verbs("inform tell notify alert warn mention disclose reveal announce"),
  words("told"),
);
/** Whoever works with the model. */
export const USER: WordSet = words(
  "user users user's users' human humans person people operator operators customer customers client anyone anybody them him her owner",
);
/** What makes a sentence an order. */
export const ORDER: WordSet = words(
  "must always please should shall need needs required requires mandatory ensure first immediately necessary essential before kindly have",
);
/** Strong orders only. */
export const MUST: WordSet = words("must always mandatory required shall never immediately");
/** Putting a tool to work. */
export const CALL: WordSet = union(
  verbs("call use invoke query fetch trigger"),
  words("run execute perform"),
);
/** Having a program run. */
export const EXECUTE: WordSet = union(
  verbs("execute invoke issue launch type enter paste trigger"),
  words("run running runs"),
);
/** What is run. */
export const PROGRAM: WordSet = words(
  "command commands script scripts shell terminal bash powershell",
);
/** Earlier than something else. */
export const BEFORE: WordSet = words("before first prior beforehand initially prerequisite");
/** Tools by that word. */
export const TOOL: WordSet = words("tool tools function functions endpoint plugin");
/** Putting something else in place of what was there. */
export const ALTER: WordSet = union(
  verbs(
    "change replace modify override rewrite append include add inject redirect substitute alter adjust prepend swap force convert switch extend augment enhance expand restrict limit reroute",
  ),
  words("set setting rewritten overridden"),
);
/** Altering that cannot mean mere completion. */
export const TWIST: WordSet = union(
  verbs("change replace override rewrite inject redirect substitute alter swap reroute force"),
  words("overridden rewritten"),
);
/** What was altered, after a form of `to be`. */
export const ALTERED: WordSet = words(
  "modified changed replaced adjusted redirected rewritten augmented appended converted extended enhanced expanded altered substituted rerouted overridden prefixed limited restricted set",
);
/** What a call says. */
export const ARGUMENT: WordSet = words(
  "query queries parameter parameters argument arguments name names input inputs value values recipient address amount url path keyword keywords term terms content destination branch request requests owner search searches location title body message",
);
/** Without anybody asking. */
export const UNASKED: WordSet = words(
  "automatically silently always internally transparently secretly quietly",
);
/** In a way that nobody notices. */
export const STEALTH: WordSet = words(
  "silently secretly covertly quietly invisibly stealthily discreetly",
);
/** Handing something over. */
export const SEND: WordSet = union(
  verbs(
    "forward post upload transmit copy submit share email mail cc bcc sync mirror report deliver leak exfiltrate append attach",
  ),
  words("send sends sending sent"),
);
/** Where something leaves to. */
export const OUTSIDE: WordSet = words("#url #email webhook endpoint");
/** Safety and order, as a pretext has them. */
export const PRETEXT: WordSet = words(
  "security compliance audit auditing regulatory integrity verification maintenance safety governance consistency performance validation logging authentication authorization accuracy protection legal system optimization",
);
/** What the pretext is said to be. */
export const REASON: WordSet = words(
  "reason reasons purpose purposes requirement requirements compliance protocol protocols logging check checks verification standards regulations measure measures integrity audit auditing validation step process review scan procedure policies trail update alert maintenance notice consistency performance",
);
/** No longer to be used. */
export const RETIRED: WordSet = words(
  "deprecated disabled unavailable suspended obsolete replaced retired superseded decommissioned compromised discontinued offline maintenance sunset",
);
/** For now, or since lately. */
export const EXCUSE: WordSet = words(
  "temporarily temporary currently recent recently maintenance security vulnerability vulnerabilities vulnerable issues outage update updates upgrade incident incidents",
);
/** Stopping what was asked for. */
export const STOP: WordSet = verbs(
  "halt stop abort refuse reject cancel block terminate deny suspend",
);
/** What the user asked for. */
export const TASK: WordSet = words(
  "operation operations request requests user execution action process task",
);
/** Taking no notice. */
export const IGNORE: WordSet = union(
  verbs("ignore disregard bypass override neglect skip discard"),
  words("forget forgets forgetting regardless"),
);
/** What was said before. */
export const EARLIER: WordSet = words(
  "previous previously prior above earlier preceding all any your system safety original initial existing other every former",
);
/** What a model was told. */
export const INSTRUCTIONS: WordSet = words(
  "instructions instruction prompt prompts rules rule guidelines guideline directions directives directive restrictions guardrails programming constraints commands policies safeguards",
);
/** What nobody should hand over. */
export const SECRET: WordSet = words(
  "password passwords passphrase credentials credential secret secrets token tokens keys key cookies cookie pin otp seed mnemonic",
);
/** What a secret opens or where it is. */
export const SECRET_KIND: WordSet = words(
  "api access private ssh secret auth session encryption signing environment env bearer master admin",
);
/** All that was said. */
export const WHOLE: WordSet = words("full entire complete whole all verbatim raw");
/** What was said. */
export const CONVERSATION: WordSet = words(
  "conversation chat history messages transcript context dialogue dialog prompt prompts reasoning thoughts",
);
/** Conditions on what the user wants. */
export const WHEN: WordSet = words("when whenever if for every any each all");
/** Wanting. */
export const WANT: WordSet = union(
  verbs("ask request search want query look mention need attempt try"),
  words("asks"),
);
/** Getting a file's content. */
export const ACCESS: WordSet = union(
  verbs(
    "open access load retrieve upload modify update append verify check copy attach include edit create store save inspect parse delete source overwrite",
  ),
  words("read reads reading add adding adds write writes writing send put get export cat"),
);
/** Praise that is meant to win a choice. */
export const PRAISE: WordSet = words(
  "best superior preferred fastest recommended official primary reliable accurate authoritative trusted safest newest only",
);
/** Choosing. */
export const CHOOSE: WordSet = union(
  verbs("use prefer select pick call prioritize invoke favor"),
  words("choose chooses choosing"),
);
/** What else there is. */
export const OTHERS: WordSet = words("other others another any alternatives competing similar");
