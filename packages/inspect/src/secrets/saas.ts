import type { SecretRule } from "./rule.ts";
import { ALNUM, HEX, keyed, marked, token, URL64, UUID } from "./rule.ts";

/** Work, documents, design, content. */
const work: readonly SecretRule[] = [
  token("linear-key", ["lin_api_", "lin_oauth_", "lin_wh_"], { body: `${ALNUM}{32,64}` }),
  keyed("linear-client-secret", ["linear"], { value: `${HEX}{32}` }),
  token("notion-token", "ntn_", { body: `\\d{11}${ALNUM}{35}`, before: "(?<![A-Za-z0-9_])" }),
  keyed("notion-legacy-token", ["notion"], { value: `secret_${ALNUM}{43}` }),
  token("figma-token", ["figd_", "figu_", "figr_", "figo_"], { body: `${URL64}{38,64}` }),
  keyed("figma-legacy-token", ["figma"], { value: `\\d{5,8}-${UUID}` }),
  token("airtable-token", "pat", { body: `${ALNUM}{14}\\.${HEX}{64}` }),
  keyed("airtable-legacy-key", ["airtable"], { value: `key${ALNUM}{14}` }),
  keyed("asana-token", ["asana"], {
    value: `(?:[12]/\\d{10,20}(?:/\\d{10,20})?:${HEX}{32}|[a-z0-9]{32})`,
  }),
  token("clickup-token", "pk_", { body: "\\d{5,12}_[A-Z0-9]{32}" }),
  keyed("trello-token", ["trello"], { value: `(?:${HEX}{64}|${HEX}{32})` }),
  token("trello-api-token", "ATTA", { body: `${HEX}{72}` }),
  keyed("monday-token", ["monday"], { value: `eyJ${URL64}{10,}\\.${URL64}{10,}\\.${URL64}{20,}` }),
  token("typeform-token", "tfp_", { body: "[\\w.=-]{40,64}" }),
  keyed("jotform-key", ["jotform"], { value: `${HEX}{32}` }),
  token("contentful-token", "CFPAT-", { body: `${URL64}{43}` }),
  keyed("contentful-delivery-token", ["contentful"], { value: `${URL64}{43}` }),
  keyed("contentstack-token", ["contentstack"], { value: "(?:cs|bltb?)[a-z0-9]{16,24}" }),
  keyed("sanity-token", ["sanity"], { value: `sk${ALNUM}{80,180}` }),
  keyed("storyblok-token", ["storyblok"], { value: `${ALNUM}{22}tt` }),
  token("datocms-token", "dato_", { body: `${ALNUM}{30,48}` }),
  token("readme-key", "rdme_", { body: "[a-z0-9]{70}" }),
  token("mapbox-secret-token", "sk.eyJ", { body: `${URL64}{40,200}\\.${URL64}{20,40}` }),
  token("zapier-webhook", "hooks.zapier.com/hooks/catch/", {
    body: "\\d{5,10}/[a-z0-9]{5,12}",
    confidence: "medium",
  }),
  token(
    "make-webhook",
    ["hook.eu1.make.com/", "hook.eu2.make.com/", "hook.us1.make.com/", "hook.us2.make.com/"],
    { body: "[a-z0-9]{28,40}" },
  ),
  keyed("ifttt-key", ["ifttt", "maker.ifttt.com"], { value: `${URL64}{22,43}` }),
  keyed("salesforce-session", ["salesforce", "sfdc", "sforce"], {
    value: "00D[A-Za-z0-9]{12,15}![A-Za-z0-9._]{80,120}",
  }),
  keyed("pipedrive-token", ["pipedrive"], { value: `${HEX}{40}` }),
  keyed("zoho-token", ["zoho"], { value: `1000\\.${HEX}{32}\\.${HEX}{32}` }),
  keyed("docusign-key", ["docusign"], { value: UUID }),
  keyed("smartsheet-token", ["smartsheet"], { value: `${ALNUM}{37}` }),
  keyed("dropbox-token", ["dropbox"], { value: `(?:sl\\.${URL64}{60,1400}|[a-z0-9]{15})` }),
  token("dropbox-short-lived-token", "sl.", { body: `(?:u\\.)?${URL64}{130,1400}` }),
  keyed("box-token", ["box_client_secret", "box_developer_token"], { value: `${ALNUM}{32}` }),
  token("frameio-token", "fio-u-", { body: "[\\w=-]{64}" }),
  keyed("cloudinary-secret", ["cloudinary"], { value: `${URL64}{27}` }),
  token("uploadthing-key", "sk_live_", { body: `${HEX}{64}` }),
  keyed("imagekit-key", ["imagekit"], { value: "private_[A-Za-z0-9+/=]{27,30}", after: "" }),
  keyed("rapidapi-key", ["rapidapi", "x-rapidapi-key"], { value: `${ALNUM}{50}` }),
  keyed("openweather-key", ["openweather"], { value: `${HEX}{32}` }),
  keyed("newsapi-key", ["newsapi"], { value: `${HEX}{32}` }),
  keyed("google-maps-key", ["maps_client_secret"], { value: `${URL64}{27}=`, after: "" }),
  token("adafruit-io-key", "aio_", { body: `${ALNUM}{28}` }),
  token("lichess-token", "lip_", { body: `${ALNUM}{20}` }),
  keyed("beamer-token", ["beamer"], { value: "b_[\\w=-]{44}" }),
  marked("maxmind-key", ["_mmk"], { lead: "[A-Za-z0-9_]", min: 36, body: "" }),
  token("planet-key", "PLAK", { body: `${HEX}{32}` }),
  keyed("freshbooks-token", ["freshbooks"], { value: `${HEX}{64}` }),
  keyed("squarespace-token", ["squarespace"], { value: UUID }),
  keyed("webflow-token", ["webflow"], { value: `${HEX}{64}` }),
  token("wakatime-key", ["waka_"], { body: UUID }),
  keyed("lokalise-token", ["lokalise"], { value: `${HEX}{40}` }),
  keyed("crowdin-token", ["crowdin"], { value: `${HEX}{80}` }),
  keyed("transifex-token", ["transifex"], { value: `1/${HEX}{40}` }),
  keyed("optimizely-token", ["optimizely"], { value: "[0-9A-Za-z:=+-]{54}" }),
];

/** Sign-in, secret stores and networks. */
const identity: readonly SecretRule[] = [
  token("1password-service-token", "ops_", {
    body: "eyJ[A-Za-z0-9+/_-]{200,2000}={0,3}",
    after: "",
  }),
  token("1password-secret-key", "A3-", {
    body: "[A-Z0-9]{6}-(?:[A-Z0-9]{11}|[A-Z0-9]{6}-[A-Z0-9]{5})-[A-Z0-9]{5}-[A-Z0-9]{5}-[A-Z0-9]{5}",
  }),
  keyed("bitwarden-token", ["bws_access", "bitwarden"], {
    value: `0\\.${UUID}\\.${ALNUM}{30}:[A-Za-z0-9+/=]{24}`,
    after: "",
  }),
  token("doppler-token", ["dp.pt.", "dp.st.", "dp.ct.", "dp.sa.", "dp.scim.", "dp.audit."], {
    body: "(?:[a-z0-9_-]{2,35}\\.)?[A-Za-z0-9]{40,44}",
  }),
  token("infisical-token", "st.", { body: `${HEX}{24}\\.${HEX}{32}\\.${HEX}{32}` }),
  token("vault-token", ["hvs.", "hvb.", "hvr."], { body: `${URL64}{24,300}` }),
  keyed("vault-legacy-token", ["vault_token", "vault-token", "x-vault-token"], {
    value: `[sbr]\\.${ALNUM}{24}`,
  }),
  keyed("vault-unseal-key", ["unseal key", "unseal_key"], {
    value: "[A-Za-z0-9+/]{43,44}=?",
    after: "",
  }),
  token("age-secret-key", "AGE-SECRET-KEY-1", { body: "[QPZRY9X8GF2TVDW0S3JN54KHCE6MUA7L]{58}" }),
  token("tailscale-key", "tskey-", {
    body: "(?:[a-z]{2,20}-)?[A-Za-z0-9]{8,24}(?:CNTRL)?-[A-Za-z0-9]{16,64}",
    before: "(?<![A-Za-z])",
  }),
  token("defined-networking-token", "dnkey-", { body: "[a-z0-9=_-]{26}-[a-z0-9=_-]{52}" }),
  keyed("zerotier-token", ["zerotier"], { value: `${ALNUM}{32}` }),
  keyed("wireguard-key", ["privatekey", "presharedkey"], {
    value: "[A-Za-z0-9+/]{42}[AEIMQUYcgkosw048]=",
    after: "(?![A-Za-z0-9+/=])",
  }),
  keyed("okta-token", ["okta", "ssws"], { value: `00${URL64}{39,40}` }),
  keyed("auth0-secret", ["auth0"], { value: `${URL64}{64}` }),
  token("workos-key", ["sk_live_", "sk_test_"], { body: "a2V5X[A-Za-z0-9+/=]{40,120}", after: "" }),
  token("stytch-secret", ["secret-live-", "secret-test-"], { body: "[A-Za-z0-9_=-]{36,64}" }),
  keyed("jumpcloud-key", ["jumpcloud"], { value: "(?:jca_[A-Za-z0-9]{36}|[a-f0-9]{40})" }),
  keyed("duo-secret", ["duo_skey", "duo_secret"], { value: `${ALNUM}{40}` }),
  token("authress-key", ["sc_", "ext_", "scauth_", "authress_"], {
    body: "[a-z0-9]{5,30}\\.[a-z0-9]{4,6}\\.acc[_-][a-z0-9-]{10,32}\\.[a-z0-9+/_=-]{30,120}",
    after: "",
  }),
  keyed("fusionauth-key", ["fusionauth"], { value: `${URL64}{43,64}` }),
  keyed("meraki-key", ["meraki"], { value: `${HEX}{40}` }),
  keyed("shodan-key", ["shodan"], { value: `${ALNUM}{32}` }),
  keyed("virustotal-key", ["virustotal", "vt_api"], { value: `${HEX}{64}` }),
  keyed("greynoise-key", ["greynoise"], { value: `${ALNUM}{64}` }),
  keyed("securitytrails-key", ["securitytrails"], { value: `${ALNUM}{32}` }),
  token("intra42-secret", ["s-s4t2ud-", "s-s4t2af-"], { body: `${HEX}{64}` }),
];

/** Social networks and media. */
const social: readonly SecretRule[] = [
  token("facebook-token", ["EAAM", "EAAC", "EAAG", "EAAB", "EAAJ"], { body: `${ALNUM}{80,300}` }),
  keyed("facebook-app-secret", ["facebook", "fb_app", "fb_secret"], { value: `${HEX}{32}` }),
  keyed("instagram-token", ["instagram"], { value: `IG${ALNUM}{100,250}` }),
  token("twitter-bearer-token", "AAAAAAAAAAAAAAAAAAAAA", { body: "[A-Za-z0-9%]{60,140}" }),
  keyed("twitter-secret", ["twitter", "consumer_secret", "x_api"], {
    value: `(?:\\d{10,20}-${ALNUM}{30,45}|${ALNUM}{50}|${ALNUM}{45}|${ALNUM}{35,44})`,
  }),
  keyed("linkedin-secret", ["linkedin"], {
    value: `(?:WPL_AP1\\.${ALNUM}{16}\\.[A-Za-z0-9+/=]{8}|${ALNUM}{16})`,
  }),
  keyed("twitch-token", ["twitch"], { value: "[a-z0-9]{30}" }),
  keyed("spotify-secret", ["spotify"], { value: `${HEX}{32}` }),
  keyed("reddit-secret", ["reddit"], { value: `${URL64}{27,30}` }),
  keyed("tiktok-secret", ["tiktok"], { value: `${ALNUM}{32,40}` }),
  keyed("pinterest-token", ["pinterest"], { value: "pina_[A-Z0-9]{40,120}" }),
  keyed("strava-secret", ["strava"], { value: `${HEX}{40}` }),
  keyed("etsy-key", ["etsy"], { value: "[a-z0-9]{24}" }),
  keyed("ebay-secret", ["ebay"], {
    value: `(?:PRD|SBX)-${HEX}{12}-${HEX}{4}-${HEX}{4}-${HEX}{4}-${HEX}{4}`,
  }),
  keyed("yelp-key", ["yelp"], { value: `${URL64}{128}` }),
  keyed("flickr-secret", ["flickr"], { value: `${HEX}{32}` }),
  keyed("zoom-secret", ["zoom_client", "zoom_secret", "zoom_api"], { value: `${ALNUM}{32,36}` }),
  keyed("nytimes-key", ["nytimes", "newyorktimes"], { value: `${ALNUM}{32}` }),
];

/** Services for work, identity and media. */
export const saasRules: readonly SecretRule[] = [...work, ...identity, ...social];
