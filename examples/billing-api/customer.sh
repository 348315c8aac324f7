#!/bin/sh
# Verifies a response of the billing API with curl and openssl alone, by the public key in a file.
#
#   sh customer.sh https://billing.example/bills/17 billing.pem [ADDRESS]
#
# ADDRESS stands in for what DNS and TLS do in earnest: where the URL is reached. Prints status and body where they are authentic, ends with 1 where not.
set -eu
url=$1 key=$2 address=${3:-$1}
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
refuse() { echo "refused: $1"; exit 1; }

curl -sS -D "$folder/headers" -o "$folder/body" "$address"
field() { tr -d '\r' < "$folder/headers" | awk -v name="$1" 'index($0, ":") && tolower(substr($0, 1, index($0, ":") - 1)) == name { sub(/^[^:]*:[ \t]*/, ""); print }'; }
status=$(awk 'NR == 1 { print $2 }' "$folder/headers")

# 1. The content is what the digest says (RFC 9530).
digest="sha-256=:$(openssl dgst -sha256 -binary "$folder/body" | openssl base64 -A):"
[ "$(field content-digest)" = "$digest" ] || refuse 'the content is not that of its digest'

# 2. The signature covers what it has to, is for this API, and not older than five minutes.
params=$(field signature-input | sed 's/^sig1=//')
covered='("@status" "content-type" "content-digest" "@method";req "@target-uri";req)'
case $params in "$covered;created="*';tag="billing-api"') ;; *) refuse 'not signed, or not for this' ;; esac
created=$(printf '%s' "$params" | sed 's/.*;created=\([0-9]*\);.*/\1/')
age=$(($(date +%s) - created))
[ "$age" -le 300 ] && [ "$age" -ge -60 ] || refuse 'too old'

# 3. It is the key's. A signature in HTTP is r and s, one after the other; openssl wants them in DER.
printf '"@status": %s\n"content-type": %s\n"content-digest": %s\n"@method";req: GET\n"@target-uri";req: %s\n"@signature-params": %s' \
  "$status" "$(field content-type)" "$digest" "$url" "$params" > "$folder/base"
hex=$(field signature | sed 's/^sig1=:\(.*\):$/\1/' | openssl base64 -d -A | od -An -v -tx1 | tr -d ' \n')
[ ${#hex} = 128 ] || refuse 'no signature of this kind'
printf 'asn1=SEQUENCE:signature\n[signature]\nr=INTEGER:0x%s\ns=INTEGER:0x%s\n' "$(printf '%s' "$hex" | cut -c1-64)" "$(printf '%s' "$hex" | cut -c65-)" > "$folder/der.conf"
openssl asn1parse -genconf "$folder/der.conf" -noout -out "$folder/signature"
openssl dgst -sha256 -verify "$key" -signature "$folder/signature" "$folder/base" > /dev/null 2>&1 || refuse 'not authentic'

printf '%s %s\n' "$status" "$(cat "$folder/body")"
