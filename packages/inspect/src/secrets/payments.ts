import type { SecretRule } from "./rule.ts";
import { ALNUM, HEX, keyed, token, URL64, UUID } from "./rule.ts";

/** Payments, shops, trade and logistics. */
export const paymentRules: readonly SecretRule[] = [
  token("stripe-key", ["sk_live_", "sk_test_", "rk_live_", "rk_test_", "sk_org_"], {
    body: `${ALNUM}{16,247}`,
  }),
  token("stripe-webhook-secret", "whsec_", { body: "[A-Za-z0-9+/=]{24,100}", after: "" }),
  token("shopify-token", ["shpat_", "shpca_", "shppa_", "shpss_", "shptka_", "shpua_", "shprt_"], {
    body: `${ALNUM}{32,64}`,
  }),
  token("square-access-token", "sq0atp-", { body: `${URL64}{22}` }),
  token("square-secret", "sq0csp-", { body: `${URL64}{43}` }),
  token("square-production-token", "EAAA", { body: `${URL64}{60}` }),
  token("paypal-braintree-token", ["access_token$production$", "access_token$sandbox$"], {
    body: `[a-z0-9]{16}\\$${HEX}{32}`,
  }),
  keyed("paypal-secret", ["paypal"], { value: `E${URL64}{79}` }),
  keyed("braintree-key", ["braintree"], { value: `${HEX}{32}` }),
  token("plaid-access-token", ["access-sandbox-", "access-development-", "access-production-"], {
    body: UUID,
  }),
  keyed("plaid-secret", ["plaid"], { value: `${HEX}{30}` }),
  token("adyen-key", "AQE", {
    body: "[A-Za-z0-9+/]{40,200}={0,2}-[A-Za-z0-9+/]{30,80}={0,2}-[\\S]{16,64}",
    after: "",
  }),
  token("flutterwave-key", ["FLWSECK_TEST-", "FLWSECK-"], { body: `${ALNUM}{32}-X` }),
  token("flutterwave-encryption-key", "FLWSECK_TEST", { body: `${HEX}{12}` }),
  token("razorpay-key", ["rzp_live_", "rzp_test_"], { body: `${ALNUM}{14}` }),
  keyed("gocardless-token", ["gocardless"], { value: "(?:live|sandbox)_[\\w=-]{40}" }),
  token("mollie-key", ["live_", "test_"], {
    body: `${ALNUM}{30,34}`,
    before: "(?<![A-Za-z0-9_])",
    accept: (value) => /\d/.test(value),
  }),
  token("lob-key", ["live_", "test_"], { body: `${HEX}{35}`, before: "(?<![A-Za-z0-9_])" }),
  token("checkout-key", ["sk_sbox_"], { body: "[a-z2-7]{26}[a-z0-9*#$=]", after: "" }),
  token("paddle-key", ["pdl_live_apikey_", "pdl_sdbx_apikey_"], {
    body: "[a-z0-9]{26}_[A-Za-z0-9]{22}_[A-Za-z0-9]{3}",
  }),
  token("easypost-key", ["EZAK", "EZTK"], { body: `${ALNUM}{54}` }),
  token("shippo-key", ["shippo_live_", "shippo_test_"], { body: `${HEX}{40}` }),
  token("duffel-token", ["duffel_live_", "duffel_test_"], { body: `${URL64}{43}` }),
  keyed("finicity-secret", ["finicity"], { value: "[a-z0-9]{20,32}" }),
  keyed("coinbase-secret", ["coinbase"], { value: `${ALNUM}{64}` }),
  keyed("binance-secret", ["binance"], { value: `${ALNUM}{64}` }),
  keyed("kraken-secret", ["kraken"], { value: "[A-Za-z0-9/+=]{80,90}", after: "" }),
  keyed("kucoin-secret", ["kucoin"], { value: UUID }),
  keyed("etherscan-key", ["etherscan", "bscscan", "polygonscan"], { value: "[A-Z0-9]{34}" }),
  keyed("infura-key", ["infura"], { value: `${HEX}{32}` }),
  keyed("alchemy-key", ["alchemy"], { value: `${URL64}{32}` }),
  keyed(
    "secp256k1-private-key",
    [
      "private_key",
      "privatekey",
      "private-key",
      "private key",
      "priv_key",
      "secret_key",
      "secretkey",
      "mnemonic_key",
    ],
    {
      value: "(?:0[xX])?[A-Fa-f0-9]{64}",
      confidence: "high",
    },
  ),
  token("bip32-private-key", ["xprv", "tprv", "yprv", "zprv"], {
    body: "[1-9A-HJ-NP-Za-km-z]{107,108}",
  }),
  keyed("bitcoin-wif-key", ["wif", "bitcoin"], { value: "[5KL][1-9A-HJ-NP-Za-km-z]{50,51}" }),
];
