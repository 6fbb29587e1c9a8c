import type { SecretRule } from "./rule.ts";
import { ALNUM, HEX, keyed, marked, token, URL64, UUID } from "./rule.ts";

/** Measuring, logging and reporting. */
export const monitoringRules: readonly SecretRule[] = [
  token("grafana-service-account-token", "glsa_", { body: `${ALNUM}{32}_[A-Fa-f0-9]{8}` }),
  token("grafana-cloud-token", "glc_", { body: "[A-Za-z0-9+/]{32,400}={0,3}", after: "" }),
  token("grafana-legacy-key", "eyJrIjoi", { body: "[A-Za-z0-9+/=_-]{60,400}", after: "" }),
  keyed("datadog-key", ["datadog", "dd_api", "dd_app", "dd-api", "dd-app"], {
    value: `(?:${HEX}{40}|${HEX}{32})`,
  }),
  token("datadog-application-key", ["ddapp_", "ddpat_"], { body: `${ALNUM}{32,64}` }),
  token("newrelic-user-key", "NRAK-", { body: "[A-Z0-9]{27}" }),
  token("newrelic-insert-key", "NRII-", { body: `${URL64}{32}` }),
  token("newrelic-browser-key", "NRJS-", { body: `${HEX}{19}` }),
  token("newrelic-admin-key", "NRRA-", { body: `${HEX}{42}` }),
  marked("newrelic-license-key", ["NRAL"], { lead: HEX, min: 36, body: "" }),
  token("sentry-org-token", "sntrys_", {
    body: "[A-Za-z0-9+/=]{60,400}_[A-Za-z0-9+/]{43}",
    after: "",
  }),
  token("sentry-user-token", "sntryu_", { body: `${HEX}{64}` }),
  keyed("sentry-legacy-token", ["sentry"], { value: `${HEX}{64}` }),
  marked("sentry-dsn-secret", [".ingest.sentry.io", "@sentry.io"], {
    lead: "[A-Za-z0-9:/.@]",
    min: 40,
    max: 120,
    body: "/\\d{1,20}",
    accept: (value) => /^https:\/\/[a-f0-9]{32}(?::[a-f0-9]{32})?@/.test(value),
  }),
  keyed("pagerduty-key", ["pagerduty", "pager_duty"], {
    value: "(?:u\\+[\\w-]{18}|[\\w-]{20}|[a-f0-9]{32})",
  }),
  keyed("opsgenie-key", ["opsgenie"], { value: UUID }),
  token("honeycomb-key", ["hcaik_", "hcbik_", "hcxik_", "hcalk_", "hcamk_"], {
    body: `${ALNUM}{26,64}`,
  }),
  keyed("honeycomb-legacy-key", ["honeycomb"], { value: "[A-Za-z0-9]{22,32}" }),
  token("dynatrace-token", ["dt0c01.", "dt0s01.", "dt0s16."], {
    body: "[A-Z0-9]{24}\\.[A-Z0-9]{64}",
  }),
  keyed("splunk-hec-token", ["splunk"], { value: UUID }),
  keyed("sumologic-key", ["sumo"], { value: "(?:su[A-Za-z0-9]{12}|[A-Za-z0-9]{64})" }),
  keyed("rollbar-token", ["rollbar"], { value: `${HEX}{32}` }),
  keyed("bugsnag-key", ["bugsnag"], { value: `${HEX}{32}` }),
  keyed("logdna-key", ["logdna", "mezmo"], { value: `${HEX}{32}` }),
  keyed("logzio-token", ["logzio", "logz_io"], { value: `${ALNUM}{32}` }),
  keyed("loggly-token", ["loggly"], { value: UUID }),
  token("axiom-token", ["xaat-", "xapt-"], { body: UUID }),
  keyed("betterstack-token", ["betterstack", "logtail", "betteruptime"], { value: `${ALNUM}{24}` }),
  token("statsig-key", ["secret-"], { body: `${ALNUM}{40,50}`, accept: (v) => /\d/.test(v) }),
  keyed("mixpanel-secret", ["mixpanel"], { value: `${HEX}{32}` }),
  keyed("amplitude-key", ["amplitude"], { value: `${HEX}{32}` }),
  keyed("segment-key", ["segment_write", "segment_key", "segment.io"], { value: `${ALNUM}{32}` }),
  token("segment-public-token", "sgp_", { body: `${ALNUM}{64}` }),
  keyed("checkly-key", ["checkly"], { value: "cu_[a-f0-9]{32}" }),
  token("cronitor-key", "cronitor_", { body: `${HEX}{24,32}` }),
  token("signoz-key", "signoz_", { body: `${URL64}{32,64}` }),
  keyed("lightstep-token", ["lightstep"], { value: "[A-Za-z0-9+/=]{60,120}", after: "" }),
  keyed("instana-key", ["instana"], { value: `${URL64}{22}` }),
  keyed("appdynamics-key", ["appdynamics"], { value: "[a-z0-9]{12}" }),
];
