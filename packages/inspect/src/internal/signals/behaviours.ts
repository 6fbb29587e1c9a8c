import type { Phrase, Step } from "./phrase.ts";
import * as V from "./vocabulary.ts";
import { union, words } from "./word-sets.ts";
import type { WordSet } from "./word-sets.ts";

/** How much a behaviour says: `hint` little by itself, `sign` enough to be suspicious. */
export type Weight = "hint" | "sign" | "proof";

/** One behaviour of texts that steer a model. */
export interface Behaviour {
  /** Stable name. */
  readonly rule: string;
  /** What the behaviour is, for people. */
  readonly message: string;
  /** Its weight in a tool's definition; absent where it says nothing there. */
  readonly definition?: Weight;
  /** Its weight in what a tool returns or in a document; absent where it says nothing there. */
  readonly content?: Weight;
  readonly phrases: readonly Phrase[];
}

const step = (any: WordSet, within = 1): Step => ({ any, within });
const word = (text: string, within = 1): Step => ({ any: words(text), within });
const start = (any: WordSet): Step => ({ any, initial: true });
const named = (within: number, any?: WordSet): Step => ({
  named: true,
  within,
  ...(any === undefined ? {} : { any }),
});
const phrase = (...steps: readonly Step[]): Phrase => ({ steps });
const across = (...steps: readonly Step[]): Phrase => ({ steps, crosses: true });

/** Every behaviour that is looked for in English text, each in the words of no one case. */
export const BEHAVIOURS: readonly Behaviour[] = [
  {
    rule: "secrecy-order",
    message: "Asks to keep something from the person who works with the model.",
    definition: "sign",
    content: "sign",
    phrases: [
      phrase(step(V.NOT), word("mention disclose reveal"), word("it this that")),
      phrase(step(V.NOT), step(V.TELL, 3), step(V.USER, 6)),
      phrase(
        word("without"),
        step(V.USER, 3),
        word("knowledge consent noticing awareness knowing permission approval realizing", 2),
      ),
      phrase(
        word("without"),
        word("asking telling informing notifying alerting mentioning warning", 2),
        step(V.USER, 3),
      ),
      phrase(
        word("hide conceal keep withhold hidden concealed secret"),
        word("from", 4),
        step(V.USER, 3),
      ),
      phrase(step(V.STEALTH), either(V.SEND, V.ALTER, 2)),
      phrase(
        word("keep stay remain"),
        word("this it these", 2),
        word("secret hidden confidential private invisible", 2),
      ),
    ],
  },
  {
    rule: "command-order",
    message: "Orders a command to be run that is written in the text.",
    definition: "proof",
    content: "sign",
    phrases: [
      phrase(step(V.ORDER), step(V.EXECUTE, 6), word("#command", 14)),
      across(step(V.ORDER), step(V.EXECUTE, 6), step(V.PROGRAM, 8), word("#command", 14)),
      across(
        step(V.EXECUTE),
        step(V.PROGRAM, 5),
        word("before prior first", 5),
        word("#command", 16),
      ),
      across(step(V.EXECUTE), word("following this", 2), step(V.PROGRAM, 4), word("#command", 16)),
    ],
  },
  {
    rule: "command-text",
    message: "Holds a command for a shell.",
    definition: "hint",
    content: "hint",
    phrases: [phrase(word("#command"))],
  },
  {
    rule: "sensitive-file",
    message: "Orders access to files that hold secrets or change the environment.",
    definition: "proof",
    content: "sign",
    phrases: [
      phrase(step(V.ORDER), step(V.ACCESS, 8), word("#path", 12)),
      phrase(step(V.ORDER), step(V.EXECUTE, 8), word("#path", 12)),
      phrase(start(V.ACCESS), word("#path", 6), step(V.ORDER, 12)),
    ],
  },
  {
    rule: "sensitive-path",
    message: "Names files that hold secrets or change the environment.",
    definition: "hint",
    content: "hint",
    phrases: [phrase(word("#path"))],
  },
  {
    rule: "environment-change",
    message: "Orders a change of the user's environment or configuration.",
    definition: "sign",
    content: "sign",
    phrases: [
      phrase(
        step(V.ORDER),
        step(V.ALTER, 5),
        word("user user's users system shell startup environment", 4),
        word("environment configuration config profile settings path startup", 3),
      ),
      phrase(
        step(V.ORDER),
        either(V.ALTER, V.ACCESS, 5),
        word("environment", 5),
        word("variable variables configuration", 2),
      ),
    ],
  },
  {
    rule: "call-first",
    message: "Orders another tool to be called before or beside this one.",
    definition: "hint",
    content: "hint",
    phrases: [
      phrase(step(V.BEFORE), step(V.MUST, 10), step(V.CALL, 8), named(4, V.TOOL)),
      phrase(step(V.MUST), step(V.CALL, 4), named(4, V.TOOL)),
      phrase(word("must should needs need"), word("first"), step(V.CALL, 3)),
      phrase(step(V.MUST), word("calling querying invoking running", 14), named(4)),
    ],
  },
  {
    rule: "pretext",
    message: "Justifies itself with security, compliance or the system's upkeep.",
    definition: "hint",
    content: "hint",
    phrases: [
      phrase(
        word("for to due maintain ensure ensures enhanced because"),
        step(V.PRETEXT, 3),
        step(V.REASON, 4),
      ),
      phrase(
        word("for to due maintain ensure ensures enhanced because"),
        word("maximum optimal enhanced improved better regulatory", 2),
        step(V.PRETEXT, 3),
      ),
      phrase(
        word("mandatory essential critical required routine internal"),
        step(V.PRETEXT, 2),
        step(V.REASON, 2),
      ),
      phrase(
        word("maintain ensure ensures ensuring verify maintaining maintains prevent prevents"),
        word("system data regulatory security user optimal unauthorized smooth", 3),
        word(
          "integrity compliance security corruption access performance identity operation conflicts protection consistency",
          3,
        ),
      ),
    ],
  },
  {
    rule: "mandate",
    message: "Declares a step of its own to be mandatory.",
    definition: "hint",
    phrases: [
      phrase(
        word("this it"),
        word("is", 3),
        word("mandatory essential required necessary crucial", 3),
        word("for to security", 2),
      ),
      phrase(
        word("this"),
        word(
          "step maintenance verification operation check procedure measure protocol information",
          5,
        ),
        word("is ensures helps", 2),
      ),
      phrase(word("must"), word("first"), either(V.CALL, V.ACCESS, 3)),
      phrase(
        word("all every any"),
        word("requests operations searches calls queries", 4),
        word("now must require requires", 3),
      ),
    ],
  },
  {
    rule: "shouted-authority",
    message: "Presents itself in capitals as a notice of the system or its operators.",
    definition: "hint",
    content: "hint",
    phrases: [
      phrase(
        { any: words("system security critical urgent admin"), shouted: true },
        { any: words("notice alert override message instruction instructions"), shouted: true },
      ),
      phrase(
        {
          any: words(
            "system security critical urgent internal admin administrator research compliance maintenance important mandatory",
          ),
          shouted: true,
        },
        {
          any: words(
            "update alert protocol notice override instruction instructions message maintenance dev note security system requirement warning policy",
          ),
          shouted: true,
          within: 2,
        },
        word(":", 3),
      ),
      phrase(word("#marker")),
    ],
  },
  {
    rule: "redirection",
    message: "Declares a tool unusable and sends the model to another one.",
    definition: "sign",
    content: "sign",
    phrases: [
      across(named(1, V.TOOL), step(V.EXCUSE, 4), step(V.RETIRED, 2), step(V.CALL, 14), named(5)),
      across(named(1, V.TOOL), step(V.RETIRED, 8), step(V.EXCUSE, 5), step(V.CALL, 14), named(5)),
      across(step(V.EXCUSE), named(6, V.TOOL), step(V.RETIRED, 8), step(V.CALL, 14), named(5)),
      across(step(V.RETIRED), step(V.MUST, 16), word("redirect use call switch", 4), named(6)),
      phrase(step(V.MUST), word("redirect reroute"), word("to", 3), named(5, V.TOOL)),
      phrase(
        word("use call invoke"),
        named(3),
        word("with", 3),
        word("same", 3),
        word("parameters arguments parameter query input inputs", 3),
      ),
    ],
  },
  {
    rule: "argument-tampering",
    message: "Has arguments changed into something that the user did not ask for.",
    definition: "sign",
    content: "sign",
    phrases: [
      phrase(
        step(V.IGNORE),
        step(
          words(
            "user user's users user-specified user-provided user-supplied user's requested provided specified",
          ),
          4,
        ),
        word(
          "setting settings value values parameter parameters argument input query request choice preference private name",
          4,
        ),
      ),
      phrase(step(V.ARGUMENT), word("is are be being", 3), step(V.UNASKED, 2), step(V.ALTERED, 2)),
      phrase(
        step(V.WHEN),
        step(V.USER, 6),
        step(V.WANT, 3),
        either(V.UNASKED, words("must instead system"), 24),
        step(V.TWIST, 4),
      ),
      phrase(
        step(V.WHEN),
        word("using calling invoking processing"),
        step(V.UNASKED, 14),
        step(V.ALTER, 3),
      ),
      phrase(
        word("always automatically instead"),
        step(V.TWIST, 2),
        step(V.ARGUMENT, 4),
        word("to with into by", 8),
      ),
      phrase(word("always must automatically"), step(V.ALTER, 2), word("#email #url #money", 12)),
      phrase(word("system tool server"), step(V.UNASKED, 2), step(V.ALTER, 2), step(V.ARGUMENT, 8)),
      phrase(
        step(V.TWIST),
        step(V.ARGUMENT, 4),
        word("to with into", 3),
        word("our internal partner partner's", 4),
      ),
    ],
  },
  {
    rule: "partner-steering",
    message: "Steers results or arguments to a party of its own.",
    definition: "sign",
    content: "hint",
    phrases: [
      phrase(
        word("our"),
        word("preferred verified trusted recommended", 2),
        word("player product products service services brand vendor supplier database", 1),
      ),
      phrase(word("our"), word("partner partners sponsor sponsors affiliate affiliates", 2)),
      phrase(word("promote prioritize favor feature recommend"), word("our", 3)),
    ],
  },
  {
    rule: "stop-order",
    message: "Orders the user's request to be stopped or declared impossible.",
    definition: "hint",
    content: "hint",
    phrases: [
      phrase(word("must should"), step(V.STOP, 2), step(V.TASK, 3)),
      phrase(
        word("inform tell notify respond reply"),
        step(V.USER, 2),
        word("that", 2),
        word("unavailable restricted denied failed blocked impossible down not no", 10),
      ),
    ],
  },
  {
    rule: "exfiltration",
    message: "Orders data to be handed to an address that is written in the text.",
    definition: "sign",
    content: "sign",
    phrases: [
      phrase(step(V.ORDER), step(V.SEND, 6), step(V.OUTSIDE, 14)),
      phrase(
        word("also then after additionally"),
        step(V.SEND, 6),
        word("#url #email webhook", 14),
      ),
      phrase(word("bcc cc"), word("#email", 4)),
      phrase(
        step(V.ORDER),
        word("call fetch visit open access request contact load download", 4),
        word("#url", 8),
      ),
      phrase(step(V.STEALTH), step(V.SEND, 2)),
    ],
  },
  {
    rule: "secret-request",
    message: "Asks for passwords, keys or tokens to be handed over.",
    definition: "hint",
    content: "sign",
    phrases: [
      phrase(
        step(V.ORDER),
        either(
          V.SEND,
          words(
            "include provide pass reveal print output give read show extract collect list display dump",
          ),
          6,
        ),
        step(V.SECRET_KIND, 4),
        step(V.SECRET),
      ),
      phrase(
        {
          any: words("reveal print output give share send leak extract dump"),
          unlessAfter: V.NOT,
        },
        word("your the all my any", 2),
        word("password passwords credentials api system private secret", 3),
      ),
    ],
  },
  {
    rule: "conversation-capture",
    message: "Asks for the conversation or the model's instructions as an argument.",
    definition: "sign",
    content: "sign",
    phrases: [
      phrase(
        word(
          "include provide pass add send copy put attach append submit insert forward summarize",
        ),
        step(V.WHOLE, 4),
        step(V.CONVERSATION, 3),
      ),
      phrase(
        word(
          "include provide pass add send copy put attach append reveal print output repeat forward show display",
        ),
        word("system initial hidden", 4),
        word("prompt instructions message", 1),
      ),
      phrase(
        word("previous prior earlier"),
        word("tool", 2),
        word("results outputs calls responses", 2),
        word("include pass provide here verbatim", 8),
      ),
    ],
  },
  {
    rule: "preference",
    message: "Tries to win the choice between tools by praise or order.",
    definition: "sign",
    content: "hint",
    phrases: [
      phrase(
        step(V.MUST),
        step(V.CHOOSE, 2),
        word("this it", 2),
        word("tool function one", 2),
        word("instead over rather", 12),
      ),
      phrase(step(V.NOT), step(V.CHOOSE, 2), step(V.OTHERS, 3), step(V.TOOL, 3)),
      phrase(word("over instead than"), word("of", 2), step(V.OTHERS, 3), step(V.TOOL, 3)),
      phrase(
        word("this"),
        word("tool function", 1),
        word("is has should must", 1),
        step(V.PRAISE, 5),
        word("over than priority precedence", 10),
      ),
      phrase(
        word("must should always"),
        word("be", 2),
        word("used called selected preferred chosen", 2),
        word("instead over before rather first", 4),
        step(V.OTHERS, 4),
      ),
    ],
  },
  {
    rule: "override-order",
    message: "Orders earlier instructions or rules to be dropped.",
    definition: "proof",
    content: "proof",
    phrases: [
      phrase(
        word("replaces replace supersedes supersede overrides cancels voids nullifies invalidates"),
        word("previous prior earlier preceding above existing former", 3),
        step(V.INSTRUCTIONS, 2),
      ),
      phrase(step(V.IGNORE), step(V.EARLIER, 4), step(V.INSTRUCTIONS, 5)),
      phrase(
        word("do"),
        word("not"),
        word("follow obey", 2),
        step(V.EARLIER, 3),
        step(V.INSTRUCTIONS, 3),
      ),
      phrase(
        word("new updated real actual revised"),
        word("instructions instruction task objective goal directive prompt", 2),
        word(":", 1),
      ),
      phrase(
        word("instead of"),
        word("following obeying", 2),
        step(V.EARLIER, 3),
        step(V.INSTRUCTIONS, 3),
      ),
      phrase(
        word("disable bypass circumvent evade"),
        word("your the all any safety", 2),
        word("safety content security ethical", 3),
        word("filters filter guidelines checks restrictions rules controls guardrails", 2),
      ),
    ],
  },
  {
    rule: "turn-marker",
    message: "Imitates the marks that separate the turns of a conversation.",
    definition: "sign",
    content: "proof",
    phrases: [phrase(word("#marker"))],
  },
  {
    rule: "persona-order",
    message: "Gives the model another role or mode.",
    definition: "sign",
    content: "sign",
    phrases: [
      phrase(
        word("you"),
        word("are"),
        word("now"),
        word("a an in the no my dan free unrestricted", 2),
      ),
      phrase(
        start(words("act pretend behave roleplay")),
        word("as like to that", 2),
        word("you if a an though", 2),
        word("have were are unrestricted with evil admin root developer hacker no jailbroken", 4),
      ),
      phrase(
        word("developer debug god jailbreak dan admin unrestricted"),
        word("mode"),
        word("enabled activated on active now", 3),
      ),
      phrase(
        word("enter enable activate switch"),
        word("to into in", 2),
        word("developer debug god jailbreak dan admin unrestricted", 3),
        word("mode", 2),
      ),
    ],
  },
];

function either(a: WordSet, b: WordSet, within = 1): Step {
  return step(union(a, b), within);
}
