import type { SecretRule } from "./rule.ts";
import { ALNUM, HEX, keyed, marked, token, URL64, UUID } from "./rule.ts";

const BASE64 = "[A-Za-z0-9+/]";

/** Google Cloud and Firebase, but for service accounts. */
const google: readonly SecretRule[] = [
  token("gcp-api-key", "AIza", { body: `${URL64}{35}`, after: "(?![A-Za-z0-9_-])" }),
  token("gcp-oauth-client-secret", "GOCSPX-", { body: `${URL64}{28}` }),
  token("gcp-oauth-access-token", "ya29.", { body: `${URL64}{20,1024}` }),
  token("gcp-oauth-refresh-token", "1//0", { body: `${URL64}{40,256}` }),
  token("firebase-server-key", "AAAA", { body: `${URL64}{7}:${URL64}{140}` }),
  keyed("gcp-oauth-legacy-secret", ["google_client_secret", "google_oauth_client_secret"], {
    value: `${URL64}{24}`,
  }),
];

/** Microsoft Azure and Entra ID. */
const azure: readonly SecretRule[] = [
  keyed("azure-tenant-id", ["tenant_id", "tenantid", "tenant-id"], {
    value: UUID,
    confidence: "low",
  }),
  keyed(
    "azure-client-id",
    ["azure_client_id", "azureclientid", "azure-client-id", "arm_client_id", "ad_client_id"],
    { value: UUID, confidence: "low" },
  ),
  keyed(
    "azure-client-secret",
    ["client_secret", "clientsecret", "client-secret", "azure_secret", "azuresecret"],
    { value: "[A-Za-z0-9_~.-]{32,44}", after: "(?![A-Za-z0-9_~.-])", accept: isMixed },
  ),
  marked(
    "azure-entra-secret",
    ["0Q~", "1Q~", "2Q~", "3Q~", "4Q~", "5Q~", "6Q~", "7Q~", "8Q~", "9Q~"],
    {
      lead: "[A-Za-z0-9_~.-]",
      min: 3,
      body: "[A-Za-z0-9_~.-]{31,34}",
      after: "(?![A-Za-z0-9_~-])",
    },
  ),
  keyed("azure-storage-key", ["accountkey", "account_key", "storage_key", "storagekey"], {
    value: `${BASE64}{86}==`,
    after: "",
    confidence: "high",
  }),
  keyed("azure-shared-access-key", ["sharedaccesskey", "shared_access_key"], {
    value: `${BASE64}{43}=`,
    after: "",
    confidence: "high",
  }),
  keyed("azure-subscription-key", ["ocp-apim-subscription-key", "subscription_key", "cognitive"], {
    value: `${HEX}{32}`,
  }),
  marked("azure-identifiable-key", ["APIM", "ACDb", "+ABa", "+AMC", "+ASt"], {
    lead: BASE64,
    min: 70,
    max: 80,
    body: `${BASE64}{5}[AQgw]==`,
    after: "",
  }),
  marked("azure-messaging-key", ["AIoT", "+ASb", "+AEh", "+ARm"], {
    lead: BASE64,
    min: 33,
    max: 40,
    body: `${BASE64}{5}[AEIMQUYcgkosw048]=`,
    after: "",
  }),
  marked("azure-container-registry-key", ["+ACR"], { lead: BASE64, min: 42, body: `${ALNUM}{6}` }),
  marked("azure-function-key", ["AzFu"], {
    lead: URL64,
    min: 44,
    body: `${URL64}{5}[AQgw]==`,
    after: "",
  }),
  marked("azure-search-key", ["AzSe"], { lead: ALNUM, min: 42, body: `[A-D]${ALNUM}{5}` }),
  marked("azure-ai-key", ["JQQJ9"], { lead: ALNUM, min: 52, body: `${ALNUM}{27}` }),
  marked("azure-devops-token", ["AZDO"], { lead: ALNUM, min: 76, body: `${ALNUM}{4}` }),
  keyed("azure-devops-legacy-token", ["azure_devops", "azuredevops", "vsts", "ado_pat"], {
    value: "[a-z2-7]{52}",
  }),
  keyed("azure-sas-signature", ["&sig", "?sig"], {
    value: "[A-Za-z0-9%+/]{43,90}(?:%3[dD]|=)",
    after: "",
  }),
];

/** Other clouds and platforms. */
const others: readonly SecretRule[] = [
  token("alibaba-access-key-id", "LTAI", { body: `${ALNUM}{12,26}` }),
  keyed("alibaba-secret-key", ["alibaba", "aliyun", "access_key_secret", "accesskeysecret"], {
    value: `${ALNUM}{30}`,
  }),
  token("tencent-secret-id", "AKID", { body: `${ALNUM}{32}` }),
  keyed("tencent-secret-key", ["tencentcloud_secret", "tencent_secret", "qcloud"], {
    value: `${ALNUM}{32}`,
  }),
  keyed("ibm-cloud-key", ["ibm_cloud", "ibmcloud", "ibm-cloud", "ic_api_key", "bluemix"], {
    value: `${URL64}{44}`,
  }),
  token("digitalocean-token", ["dop_v1_", "doo_v1_", "dor_v1_"], { body: `${HEX}{64}` }),
  keyed("digitalocean-spaces-key", ["spaces_secret", "do_spaces"], { value: `${BASE64}{43}` }),
  keyed("linode-token", ["linode"], { value: `${HEX}{64}` }),
  token("scaleway-access-key", "SCW", { body: "[A-Z0-9]{17}" }),
  keyed("scaleway-secret-key", ["scw_secret", "scaleway"], { value: UUID }),
  keyed("hetzner-token", ["hcloud", "hetzner"], { value: `${ALNUM}{64}` }),
  keyed("ovh-secret", ["ovh_application_secret", "ovh_consumer_key", "ovh_"], {
    value: `${ALNUM}{32}`,
  }),
  keyed("vultr-key", ["vultr"], { value: "[A-Z0-9]{36}" }),
  token("heroku-token", "HRKU-", { body: `${URL64}{36,64}` }),
  keyed("heroku-legacy-key", ["heroku"], { value: UUID }),
  token("fly-token", ["fo1_", "fm1a_", "fm1r_", "fm2_"], { body: "[A-Za-z0-9+/_=-]{40,2048}" }),
  token("render-key", "rnd_", { body: `${ALNUM}{32}` }),
  keyed("railway-token", ["railway"], { value: UUID }),
  token("vercel-token", ["vcp_", "vci_", "vca_", "vcr_", "vck_"], { body: `${ALNUM}{24,60}` }),
  keyed("vercel-legacy-token", ["vercel_token", "vercel_api", "zeit"], { value: `${ALNUM}{24}` }),
  token("netlify-token", "nfp_", { body: `${ALNUM}{36,40}` }),
  keyed("netlify-legacy-token", ["netlify"], { value: `${URL64}{40,46}` }),
  token("cloudflare-token", ["cfut_", "cfat_", "cfk_"], { body: `${ALNUM}{40,48}` }),
  keyed("cloudflare-api-token", ["cloudflare", "cf_api", "cf_token"], { value: `${URL64}{40}` }),
  keyed("cloudflare-global-key", ["cloudflare", "cf_api_key", "x-auth-key"], {
    value: `${HEX}{37}`,
  }),
  token("cloudflare-origin-ca-key", "v1.0-", { body: `${HEX}{24}-${HEX}{146}` }),
  keyed("fastly-token", ["fastly"], { value: `${URL64}{32}` }),
  token("yandex-api-key", "AQVN", { body: `${URL64}{35,38}` }),
  keyed("yandex-access-token", ["yandex"], { value: `YC${URL64}{38}` }),
  token("yandex-iam-token", "t1.", { body: `${URL64}{10,512}={0,2}\\.${URL64}{86}={0,2}` }),
  token("openshift-token", "sha256~", { body: `${URL64}{43}` }),
  token("scalingo-token", ["tk-us-", "tk-fr-"], { body: `${URL64}{48}` }),
  token("clever-cloud-token", "clevercloud_", { body: `${ALNUM}{40,64}` }),
  keyed("oracle-auth-token", ["oci_auth_token", "oci_password"], { value: "[^\\s\"']{20,64}" }),
  keyed("stackit-key", ["stackit"], { value: `${URL64}{40,64}` }),
];

function isMixed(value: string): boolean {
  return /\d/.test(value) && /[a-z]/.test(value) && /[A-Z~]/.test(value);
}

/** Clouds and platforms beside Amazon's. */
export const cloudRules: readonly SecretRule[] = [...google, ...azure, ...others];
