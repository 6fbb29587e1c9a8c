#!/usr/bin/env bash
# The way of a policy from the signers' desks to services: two signers, one canary, one rotation, one
# revocation. Every command is the real one; run it in an empty folder, on a machine with Node alone.
#
#   bash walk-through.sh [port]
set -euo pipefail
source="$(cd "$(dirname "$0")" && pwd)/policy"
portcullis=${PORTCULLIS:-npx portcullis}
port=${1:-8181}
# Each person has a passphrase of their own, and signs on their own machine.
as() { PORTCULLIS_KEY_PASSPHRASE_FILE="$1.pass" $portcullis "${@:2}"; }
refused() { if "$@" 2>/dev/null; then echo "not refused: $*" >&2; exit 1; fi; }
day=$(date -u +%F)
for person in ann ben carol publisher; do
  (umask 077 && echo "the passphrase of $person" >"$person.pass")
done

echo "1. Keys: each person makes one, and reads its thumbprint to the others"
as ann keys generate --out ann.jwe --public ann.json
as ben keys generate --out ben.jwe --public ben.json
as carol keys generate --out carol.jwe --public carol.json
as publisher keys generate --out head.jwe --public head.json

echo "2. The root: Ann and Ben sign it together; it is built into the applications"
$portcullis keys root --name payments --root ann.json ben.json --threshold 2 \
  --policy ann.json ben.json --policy-threshold 2 --head head.json --out root.1.json
as ann sign root.1.json --key ann.jwe --yes
as ben sign root.1.json --key ben.jwe --yes
$portcullis verify root.1.json --as-initial

echo "3. A policy: built once, signed by both, published"
cp -r "$source" policy
$portcullis build policy --name payments --serial 1 --namespace payments --out payments.1.json
as ann sign payments.1.json --key ann.jwe --yes
refused $portcullis verify payments.1.json --root root.1.json # one signer is not two
as ben sign payments.1.json --key ben.jwe --yes
$portcullis verify payments.1.json --root root.1.json --recompile
publish() { as publisher publish "$@" --to dir:public --head-key head.jwe; }
publish payments.1.json --root root.1.json

echo "4. Services fetch it; the server is not trusted, and signs heads again every 10 minutes"
(
  export PORTCULLIS_KEY_PASSPHRASE_FILE=publisher.pass
  exec $portcullis serve-bundles public --port "$port" --head-key head.jwe --root root.1.json
) >server.log 2>&1 &
server=$!
trap 'kill "$server" 2>/dev/null || true' EXIT
ask() {
  echo '{"id":1,"principal":{"agent":"pay-bot"},"tool":"payments.pay","args":{"to":"eve","amount":500}}' |
    $portcullis eval --production --policy "$1" --root "${@:2}" --format jsonl
}
ask payments.1.json root.1.json | grep '"outcome":"deny"'
refused $portcullis eval --production --policy policy/policy.yaml --tool payments.list # not signed

echo "5. A canary: a tenth of the services tries the next policy, first on the side"
sed 's/<= 100.0/<= 1000.0/' "$source/policy.yaml" >policy/policy.yaml
sed 's/amount: 1000 /amount: 10000 /' "$source/policy_test.yaml" >policy/policy_test.yaml
$portcullis build policy --name payments --serial 2 --namespace payments --out payments.2.json
as ann sign payments.2.json --key ann.jwe --against payments.1.json --yes
as ben sign payments.2.json --key ben.jwe --against payments.1.json --yes
publish payments.2.json --root root.1.json --canary 100% --shadow --salt "$day-a"
publish payments.2.json --root root.1.json --canary 10% --salt "$day-b"
$portcullis inspect public/payments/head/production.json
publish payments.2.json --root root.1.json --main

echo "6. A rotation: Carol signs policies in place of Ben; root and bundle go out in one run"
ben=$($portcullis keys show ben.json)
$portcullis keys rotate root.1.json --add policy=carol.json --remove "policy=$ben" --out root.2.json
as ann sign root.2.json --key ann.jwe --yes
as ben sign root.2.json --key ben.jwe --yes
cp "$source"/*.yaml policy/
$portcullis build policy --name payments --serial 3 --namespace payments --out payments.3.json
as ann sign payments.3.json --key ann.jwe --yes
as carol sign payments.3.json --key carol.jwe --yes
publish payments.3.json --root root.1.json root.2.json
refused $portcullis verify payments.2.json --root root.1.json root.2.json # Ben signs no policy now

echo "7. A revocation: the second bundle must never be in force again, anywhere"
second=$($portcullis inspect payments.2.json --json | sed 's/.*"digest":"\(sha256:[0-9a-f]*\)","signers".*/\1/')
$portcullis keys rotate root.1.json root.2.json --revoke "$second" --out root.3.json
as ann sign root.3.json --key ann.jwe --yes
as ben sign root.3.json --key ben.jwe --yes
publish --name payments --root root.1.json root.2.json root.3.json --min-serial 3
$portcullis inspect root.3.json | grep "$second"
$portcullis verify public/payments/head/production.json payments.3.json \
  --root root.1.json root.2.json root.3.json
refused publish payments.2.json --root root.1.json root.2.json root.3.json
ask payments.3.json root.1.json root.2.json root.3.json | grep '"outcome":"deny"'

echo "Done: what services enforce is serial 3, signed by Ann and Carol."
