import type { SecretRule } from "./rule.ts";
import { ALNUM, HEX, keyed, token, URL64, UUID } from "./rule.ts";
import { isPlaceholder } from "./placeholder.ts";
import { credentialUrl } from "./credential-url.ts";

/** Databases and data platforms. */
export const databaseRules: readonly SecretRule[] = [
  credentialUrl("mongodb-connection-string", ["mongodb://", "mongodb+srv://"]),
  credentialUrl("postgres-connection-string", [
    "postgres://",
    "postgresql://",
    "cockroachdb://",
    "pgsql://",
    "postgis://",
    "redshift://",
  ]),
  credentialUrl("mysql-connection-string", ["mysql://", "mariadb://", "mysqlx://", "mysql2://"]),
  credentialUrl("redis-connection-string", ["redis://", "rediss://", "valkey://", "valkeys://"]),
  credentialUrl("amqp-connection-string", [
    "amqp://",
    "amqps://",
    "nats://",
    "mqtt://",
    "mqtts://",
    "kafka://",
    "stomp://",
  ]),
  credentialUrl("sql-server-connection-string", ["mssql://", "sqlserver://"]),
  credentialUrl("database-connection-string", [
    "clickhouse://",
    "clickhouses://",
    "couchdb://",
    "neo4j://",
    "neo4j+s://",
    "bolt://",
    "snowflake://",
    "oracle://",
    "influxdb://",
    "cassandra://",
    "libsql://",
    "ldap://",
    "ldaps://",
    "elasticsearch://",
    "opensearch://",
    "vertica://",
    "trino://",
    "presto://",
    "hive://",
    "databricks://",
  ]),
  keyed("odbc-password", ["pwd", "password"], {
    value: "[^\\s;\"'<>{}$%]{4,64}(?=;)",
    after: "",
    accept: isNotWord,
  }),
  token("databricks-token", ["dapi", "dkea", "dose", "dsapi"], { body: `${HEX}{32}(?:-\\d)?` }),
  token("planetscale-token", ["pscale_tkn_", "pscale_pw_", "pscale_oauth_", "pscale_auth_"], {
    body: "[\\w.=-]{32,64}",
  }),
  token("supabase-token", "sbp_", { body: `(?:v0_)?${HEX}{40}` }),
  token("supabase-secret-key", "sb_secret_", { body: `${URL64}{20,64}` }),
  token("neon-key", "napi_", { body: "[a-z0-9]{48,80}" }),
  token("aiven-password", "AVNS_", { body: `${URL64}{18,20}` }),
  token("clickhouse-cloud-key", "4b1d", { body: `${ALNUM}{38}` }),
  keyed("mongodb-atlas-key", ["atlas_private", "atlas_api", "mongodb_atlas"], { value: UUID }),
  keyed("confluent-secret", ["confluent"], {
    value: "(?:cflt[A-Za-z0-9+/]{60}|[A-Za-z0-9+/]{64})",
  }),
  keyed("snowflake-password", ["snowflake_password", "snowsql_pwd"], { value: "[^\\s\"']{8,64}" }),
  keyed("elastic-key", ["elastic", "es_api_key"], {
    value: "[A-Za-z0-9_-]{50,64}={0,2}",
    after: "",
  }),
  keyed("algolia-admin-key", ["algolia"], { value: `${HEX}{32}` }),
  keyed("meilisearch-key", ["meili"], { value: `${HEX}{64}` }),
  token("turso-token", "turso_", { body: `${URL64}{32,256}` }),
  token("xata-key", "xau_", { body: `${ALNUM}{30,64}` }),
  token("fauna-secret", "fnA", { body: `${URL64}{37}` }),
  keyed("upstash-token", ["upstash"], { value: "[A-Za-z0-9_=-]{40,120}", after: "" }),
  token("convex-key", ["prod:", "preview:"], {
    body: "[a-z0-9-]{6,40}\\|[A-Za-z0-9+/=]{40,200}",
    after: "",
  }),
  token("influxdb-key", "apiv3_", { body: `${URL64}{80,100}` }),
];

function isNotWord(value: string): boolean {
  if (isPlaceholder(value)) return false;
  return /\d/.test(value) || /[A-Z]/.test(value.slice(1));
}
