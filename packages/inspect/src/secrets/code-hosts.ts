import type { SecretRule } from "./rule.ts";
import { ALNUM, HEX, keyed, marked, token, URL64, UUID } from "./rule.ts";

/** Code hosts. */
const hosts: readonly SecretRule[] = [
  token("github-token", ["ghp_", "gho_", "ghu_", "ghr_", "ghs_"], {
    body: `(?:${ALNUM}{36,255}|\\d{1,12}_eyJ${URL64}{8,1024}\\.eyJ${URL64}{8,2048}\\.${URL64}{8,1024})`,
    before: "(?<![A-Za-z0-9_])",
    after: "(?![A-Za-z0-9_])",
  }),
  token("github-fine-grained-token", "github_pat_", {
    body: "[A-Za-z0-9]{22}_[A-Za-z0-9]{59}",
    after: "(?![A-Za-z0-9_])",
  }),
  keyed("github-legacy-token", ["github_token", "gh_token", "github_secret", "github_oauth"], {
    value: `${HEX}{40}`,
  }),
  token(
    "gitlab-token",
    [
      "glpat-",
      "gldt-",
      "glrt-",
      "glrtr-",
      "glft-",
      "glsoat-",
      "glcbt-",
      "glptt-",
      "glagent-",
      "gloas-",
      "glimt-",
      "glffct-",
      "glwt-",
    ],
    { body: "(?:[A-Za-z0-9]{1,5}_)?[A-Za-z0-9_=-]{20,320}(?:\\.[a-z0-9]{2}\\.[a-z0-9]{9})?" },
  ),
  token("gitlab-runner-registration-token", "GR1348941", { body: `${URL64}{20}` }),
  keyed("gitlab-session", ["_gitlab_session"], { value: `${HEX}{32}` }),
  token("bitbucket-app-password", "ATBB", { body: `${ALNUM}{28,32}` }),
  token("atlassian-token", ["ATATT3xFfGF0", "ATCTT3xFfGN0", "ATCTT3xFfGF0"], {
    body: "[A-Za-z0-9_=-]{100,256}",
  }),
  keyed("atlassian-legacy-token", ["atlassian", "jira", "confluence"], {
    value: "[A-Za-z0-9]{24}",
  }),
  keyed("bitbucket-client-secret", ["bitbucket"], { value: "[A-Za-z0-9_=-]{32,64}" }),
  token("sourcegraph-token", ["sgp_", "sgd_", "sgs_"], {
    body: `(?:(?:${HEX}{16}|local)_)?${HEX}{40}`,
  }),
  keyed("gitea-token", ["gitea", "forgejo", "codeberg"], { value: `${HEX}{40}` }),
];

/** Builds and deployments. */
const builds: readonly SecretRule[] = [
  token("circleci-token", ["CCIPAT_", "CCIPRJ_"], { body: `${ALNUM}{22}_${HEX}{40}` }),
  keyed("circleci-legacy-token", ["circleci", "circle_token"], { value: `${HEX}{40}` }),
  keyed("travis-token", ["travis"], { value: `${ALNUM}{22}` }),
  token("buildkite-token", ["bkua_", "bkct_", "bkaj_"], { body: `${ALNUM}{36,48}` }),
  keyed("drone-token", ["drone_token", "droneci"], { value: `${ALNUM}{32}` }),
  token("harness-token", ["pat.", "sat."], {
    body: "[A-Za-z0-9_-]{22}\\.[A-Za-z0-9]{24}\\.[A-Za-z0-9]{20}",
  }),
  keyed("jenkins-token", ["jenkins"], { value: `11${HEX}{32}` }),
  token("octopus-deploy-key", "API-", { body: "[A-Z0-9]{25,32}", accept: (v) => /\d/.test(v) }),
  keyed("codecov-token", ["codecov"], { value: `(?:${UUID}|${HEX}{32})` }),
  keyed("snyk-token", ["snyk"], { value: UUID }),
  token("sonarqube-token", ["squ_", "sqp_", "sqa_"], { body: `${HEX}{40}` }),
  keyed("sonarqube-legacy-token", ["sonar"], { value: `${HEX}{40}` }),
  token("prefect-token", ["pnu_", "pnb_"], { body: `${ALNUM}{36}` }),
  token("launchdarkly-key", ["api-", "sdk-", "mob-"], { body: UUID }),
  token("pulumi-token", "pul-", { body: `${HEX}{40}` }),
  marked("terraform-cloud-token", [".atlasv1."], {
    lead: ALNUM,
    min: 14,
    body: "[A-Za-z0-9_=-]{60,70}",
  }),
  token("spacelift-key", "spacelift_", { body: `${URL64}{32,128}` }),
  token("artifactory-key", "AKCp", { body: `${ALNUM}{69,73}` }),
  token("artifactory-reference-token", "cmVmd", { body: `${ALNUM}{59}` }),
  token("infracost-key", "ico-", { body: `${ALNUM}{32}` }),
];

/** Package registries. */
const registries: readonly SecretRule[] = [
  token("npm-token", "npm_", { body: `${ALNUM}{36}` }),
  keyed("npm-legacy-token", ["_authtoken", "_auth"], { value: "[A-Za-z0-9+/=-]{20,200}" }),
  token("pypi-token", ["pypi-AgEIcHlwaS5vcmc", "pypi-AgENdGVzdC5weXBpLm9yZw"], {
    body: `${URL64}{50,1000}`,
  }),
  token("rubygems-key", "rubygems_", { body: `${HEX}{48}` }),
  token("nuget-key", "oy2", { body: "[a-z0-9]{43}" }),
  token("crates-token", "cio", { body: `${ALNUM}{32}` }),
  token("clojars-token", "CLOJARS_", { body: "[a-z0-9]{60}" }),
  token("docker-token", ["dckr_pat_", "dckr_oat_"], {
    body: `${URL64}{27,32}`,
    after: "(?![A-Za-z0-9_-])",
  }),
  token("packagist-token", ["packagist_ort_", "packagist_out_", "packagist_uut_"], {
    body: `${HEX}{68}`,
  }),
  token("postman-key", "PMAK-", { body: `${HEX}{24}-${HEX}{34}` }),
  token("postman-collection-key", "PMAT-", { body: "[A-Z0-9]{26}" }),
  token("jsr-token", "jsrp_", { body: `${ALNUM}{40,64}` }),
  token("deno-deploy-token", ["ddp_", "ddo_", "ddw_"], { body: `${ALNUM}{36}` }),
];

/** Code hosts, builds and registries. */
export const codeHostRules: readonly SecretRule[] = [...hosts, ...builds, ...registries];
