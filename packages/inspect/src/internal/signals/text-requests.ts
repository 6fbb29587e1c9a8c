import type { Signal } from "./find-signals.ts";
import type { Token } from "./token-stream.ts";
import { words } from "./word-sets.ts";

/** Verbs of requests that change something or hand something out, as an order begins with them. */
const ACTION = words(
  "grant revoke unlock lock open close initiate transfer deposit withdraw pay wire refund buy sell purchase order trade send forward share email post publish delete remove erase wipe cancel disable deactivate enable activate turn switch create add update change modify set edit rename move copy redirect reroute reschedule schedule book reserve upload download install uninstall run execute launch grant give make invite follow unfollow block unblock subscribe unsubscribe register approve reject authorize connect disconnect link export import clear reset replace increase decrease raise lower guide navigate drive start stop shut power adjust control assign allow permit submit sign encrypt decrypt dispense release report retrieve fetch access provide reveal find search check get list call dial use save store record",
);
/** Of them, the ones that people seldom ask of each other in passing. */
const GRAVE = words(
  "grant revoke unlock initiate transfer deposit withdraw wire refund sell purchase delete remove erase wipe disable deactivate redirect reroute uninstall execute encrypt authorize block reset dispense export move clear unfollow cancel approve",
);
const POLITE = words("please kindly");
/** What people ask of each other, whatever stands beside it. */
const COURTESY = words(
  "find note see let be do don't not refer contact feel read consider visit remember confirm advise accept keep bear allow excuse forgive wait enjoy bring join come arrive reply respond call rate leave take try stay click view ensure make check know include use review complete fill have look ask remain observe respect follow",
);
const OWN = words("my mine me our");
/** Things that tools act on. */
const ASSET = words(
  "account accounts payment payments money funds balance card password passwords passcode pin credentials authentication 2fa two-factor door doors lock file files folder folders directory document documents repository repositories branch policy policies permission permissions access role settings setting profile record records data database table device devices robot light lights thermostat camera alarm appointment appointments meeting event events reservation booking shipment package delivery order orders subscription contract calendar contacts email emails message messages address number portfolio shares stock stocks bitcoin crypto holdings wallet loan mortgage invoice bill salary prescription medication medications dose note notes task tasks token key keys server instance certificate firewall vehicle traffic intersection valve pump sensor temperature location photo photos picture pictures history list playlist channel group user users member members friend backup log logs program application app script service tool package",
);
const ENTITY = words("#url #email #money #path #command");
const DETERMINER = words("my our the a an this that these those all any every your its #money");

/** What a text may say besides an order without making it one to the model. */
const AFTER = 24;

/**
 * Orders in a tool's result that speak to whoever acts for the user: a request at the start of a
 * sentence or value, with a verb that acts, on something that tools act on. Ordinary results describe;
 * people who write to each other seldom ask for such things with the particulars beside it.
 */
export function findRequest(tokens: readonly Token[], text: string): Signal | undefined {
  for (const [index, token] of tokens.entries()) {
    const isPolite = POLITE.has(token.text);
    if (!isPolite && !token.isInitial) continue;
    const verb = isPolite ? tokens[index + 1] : token;
    if (verb === undefined || !acts(verb, isPolite)) continue;
    const rest = tokens.slice(index + (isPolite ? 2 : 1), index + AFTER);
    const sentence = upToBoundary(rest);
    if (score(verb, { isPolite, sentence, text }) < 4) continue;
    const end = sentence.at(-1)?.end ?? verb.end;
    return {
      rule: "request-in-result",
      message: "Asks for an action in the user's name.",
      weight: "sign",
      start: token.start,
      end,
    };
  }
  return undefined;
}

function acts({ text }: Token, isPolite: boolean): boolean {
  return ACTION.has(text) || (isPolite && /^[a-z]{3,}$/.test(text) && !COURTESY.has(text));
}

function upToBoundary(tokens: readonly Token[]): readonly Token[] {
  const end = tokens.findIndex(({ text }) => text === ".");
  return end < 0 ? tokens : tokens.slice(0, end);
}

function score(
  verb: Token,
  at: { readonly isPolite: boolean; readonly sentence: readonly Token[]; readonly text: string },
): number {
  const { isPolite, sentence, text } = at;
  const follows = sentence[0];
  if (follows === undefined) return 0;
  const hasObject = DETERMINER.has(follows.text) || /\d/.test(follows.text) || follows.isName;
  const near = sentence.slice(0, 12);
  const points = [
    isPolite,
    GRAVE.has(verb.text),
    hasObject,
    sentence.some(({ text: word }) => OWN.has(word)),
    near.some(({ text: word }) => ASSET.has(word)),
    sentence.some((token) => ENTITY.has(token.text) || token.isName || isParticular(token, text)),
  ];
  return points.filter(Boolean).length;
}

/** A number or code that names one thing. */
function isParticular({ start, end }: Token, text: string): boolean {
  return /\d{3}|\w+_\d|[A-Z]+-?\d/.test(text.slice(start, end));
}
