import type { SecretRule } from "./rule.ts";
import { ALNUM, HEX, keyed, marked, token, URL64, UUID } from "./rule.ts";

/** A URL that lets whoever has it post; with its scheme and the labels before the host. */
function webhook(id: string, host: string, path: string): SecretRule {
  const pattern = new RegExp(`${host.replaceAll(".", "\\.")}${path}`, "y");
  return {
    id,
    keywords: [host],
    confidence: "high",
    locate(text, { start }) {
      pattern.lastIndex = start;
      if (!pattern.test(text)) return undefined;
      const lead = SCHEME.exec(text.slice(Math.max(0, start - MAX_LEAD), start));
      return { start: start - (lead?.[0].length ?? 0), end: pattern.lastIndex };
    },
  };
}

const SCHEME = /https?:\/\/(?:[\w-]{1,63}\.){0,3}$/;
const MAX_LEAD = 200;

/** Chat. */
const chat: readonly SecretRule[] = [
  token("slack-token", ["xoxb-", "xoxa-", "xoxp-", "xoxr-", "xoxs-", "xoxo-", "xoxc-", "xoxd-"], {
    body: "[A-Za-z0-9%+/_-]{10,256}",
    after: "",
    accept: (value) => /\d/.test(value),
  }),
  token("slack-rotating-token", ["xoxe.xoxp-", "xoxe.xoxb-", "xoxe-"], {
    body: "\\d-[A-Za-z0-9]{60,200}",
  }),
  token("slack-app-token", "xapp-", { body: "\\d-[A-Z0-9]{5,24}-\\d{5,24}-[a-f0-9]{8,128}" }),
  webhook(
    "slack-webhook",
    "hooks.slack.com",
    "/(?:services|workflows|triggers)/[A-Za-z0-9]{4,24}/[A-Za-z0-9]{4,24}/[A-Za-z0-9]{8,64}(?:/[A-Za-z0-9]{8,64})?",
  ),
  webhook(
    "discord-webhook",
    "discord.com",
    "/api/(?:v\\d{1,2}/)?webhooks/\\d{15,22}/[\\w-]{40,100}",
  ),
  webhook(
    "discord-legacy-webhook",
    "discordapp.com",
    "/api/(?:v\\d{1,2}/)?webhooks/\\d{15,22}/[\\w-]{40,100}",
  ),
  keyed("discord-token", ["discord", "bot_token", "bot token"], {
    value: "[MNO][\\w-]{23,27}\\.[\\w-]{6}\\.[\\w-]{27,40}",
    confidence: "high",
  }),
  keyed("discord-client-secret", ["discord_client", "discord_secret"], { value: `${URL64}{32}` }),
  marked("telegram-bot-token", [":AA"], {
    lead: "\\d",
    min: 7,
    max: 12,
    body: `${URL64}{32,33}`,
    after: "(?![\\w-])",
  }),
  webhook(
    "teams-webhook",
    "webhook.office.com",
    "/webhookb2/[\\w@-]{36,120}/IncomingWebhook/[\\w-]{16,64}/[\\w-]{16,64}[\\w/-]{0,100}",
  ),
  webhook(
    "google-chat-webhook",
    "chat.googleapis.com",
    "/v1/spaces/[\\w-]{4,40}/messages\\?key=[\\w%-]{20,80}&token=[\\w%=-]{20,120}",
  ),
  keyed("mattermost-token", ["mattermost"], { value: "[a-z0-9]{26}" }),
  keyed("rocketchat-token", ["x-auth-token", "rocketchat"], { value: "[\\w-]{43}" }),
  keyed("line-channel-token", ["line_channel_access", "channel_access_token"], {
    value: "[A-Za-z0-9+/]{100,200}={0,2}",
    after: "",
  }),
  token("zulip-key", "zulip_", { body: `${ALNUM}{32}` }),
  keyed("sendbird-token", ["sendbird"], { value: `${HEX}{40}` }),
  keyed("stream-secret", ["getstream", "stream_secret"], { value: "[a-z0-9]{64}" }),
];

/** Mail, text messages and calls. */
const mail: readonly SecretRule[] = [
  token("sendgrid-key", "SG.", { body: `${URL64}{16,32}\\.${URL64}{32,64}`, accept: isSendgrid }),
  token("mailgun-key", "key-", { body: `${HEX}{32}` }),
  token("mailgun-public-key", "pubkey-", { body: `${HEX}{32}` }),
  keyed("mailgun-signing-key", ["mailgun"], { value: `${HEX}{32}-${HEX}{8}-${HEX}{8}` }),
  marked("mailchimp-key", ["-us"], { lead: HEX, min: 32, body: "\\d{1,2}" }),
  token("mandrill-key", "md-", { body: `${URL64}{22}` }),
  keyed("postmark-token", ["postmark", "x-postmark"], { value: UUID }),
  token("brevo-key", ["xkeysib-", "xsmtpsib-"], { body: `${HEX}{64}-${ALNUM}{16}` }),
  token("resend-key", "re_", { body: `${ALNUM}{8,9}_${ALNUM}{22,26}` }),
  keyed("sparkpost-key", ["sparkpost"], { value: `${HEX}{40}` }),
  keyed("mailjet-key", ["mailjet", "mj_apikey"], { value: `${HEX}{32}` }),
  token("mailersend-token", "mlsn.", { body: `${HEX}{64}` }),
  token(
    "twilio-key",
    Array.from("0123456789abcdef", (digit) => `SK${digit}`),
    { body: `${HEX}{31}`, confidence: "medium" },
  ),
  keyed("twilio-auth-token", ["twilio", "auth_token", "authtoken"], { value: `${HEX}{32}` }),
  keyed("messagebird-key", ["messagebird", "message_bird"], { value: `${ALNUM}{25}` }),
  keyed("vonage-secret", ["vonage", "nexmo"], { value: `${ALNUM}{16}` }),
  keyed("plivo-token", ["plivo"], { value: `${URL64}{40}` }),
  token("telnyx-key", "KEY0", { body: "[A-F0-9]{31}_[A-Za-z0-9]{22}" }),
  keyed("customerio-key", ["customerio", "customer_io"], { value: `${HEX}{32}` }),
  token("klaviyo-key", "pk_", { body: `(?:[A-Za-z0-9]{6}_)?${HEX}{34}` }),
  token("onesignal-key", ["os_v2_app_", "os_v2_org_"], { body: "[a-z2-7]{80,120}" }),
  keyed("onesignal-legacy-key", ["onesignal"], { value: `(?:${UUID}|[A-Za-z0-9]{48})` }),
  token("courier-key", ["pk_prod_", "pk_test_"], { body: "[A-Z0-9]{28}" }),
  keyed("pusher-secret", ["pusher"], { value: `${HEX}{20}` }),
  keyed("ably-key", ["ably"], { value: "[\\w-]{6}\\.[\\w-]{6}:[\\w-]{43}" }),
  keyed("intercom-token", ["intercom"], { value: "[A-Za-z0-9=_-]{60}" }),
  keyed("zendesk-key", ["zendesk"], { value: `${ALNUM}{40}` }),
  keyed("freshdesk-key", ["freshdesk", "freshworks"], { value: `${ALNUM}{20}` }),
  token("hubspot-token", ["pat-na1-", "pat-na2-", "pat-eu1-", "pat-ap1-"], { body: UUID }),
  keyed("hubspot-legacy-key", ["hubspot", "hapikey"], { value: UUID }),
];

// Both parts have a fixed length; without it the words of a dotted name would match.
function isSendgrid(value: string): boolean {
  return value.length === 69 && /\d/.test(value);
}

/** Chat, mail, text messages, calls and support. */
export const messagingRules: readonly SecretRule[] = [...chat, ...mail];
